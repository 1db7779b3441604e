// A control device of a driver without hardware: its descriptor lets everybody in. Good: administrators.
#define RF_CONTROL_DEVICE
#ifdef RF_GOOD
#define RF_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"
#endif
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
        write_msr(p[0], p[1]);
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
