// A register read; the bad device lets everybody in, the good one keeps the framework's own descriptor.
#ifdef RF_GOOD
#define RF_NO_SDDL
#endif
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG64 *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)) &&
        NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 8, (PVOID *)&p, NULL))) {
        *p = read_msr((ULONG)*p);
        WdfRequestCompleteWithInformation(request, status, 8);
        return;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
