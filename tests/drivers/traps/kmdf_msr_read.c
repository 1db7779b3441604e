// The register comes from WdfRequestRetrieveInputBuffer. Good: a range.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *in;
    ULONG64 *out;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A) {
        status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&in, NULL);
        if (NT_SUCCESS(status))
            status = WdfRequestRetrieveOutputBuffer(request, 8, (PVOID *)&out, NULL);
#ifdef RF_GOOD
        if (NT_SUCCESS(status) && (in[0] < 0x606 || in[0] > 0x611))
            status = STATUS_ACCESS_DENIED;
#endif
        if (NT_SUCCESS(status)) {
            *out = read_msr(in[0]);
            WdfRequestCompleteWithInformation(request, status, 8);
            return;
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
