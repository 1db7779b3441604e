// The handler takes the IRP of the request and reads its buffer itself. Good: with the length test.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    PIRP irp = WdfRequestWdmGetIrp(request);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A) {
        status = STATUS_INVALID_PARAMETER;
        if (in_length >= 8) {
#ifdef RF_GOOD
            out_dword(0x60c, p[1]);
#else
            out_dword((USHORT)p[0], p[1]);
#endif
            status = STATUS_SUCCESS;
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
