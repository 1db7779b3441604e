// Four bytes are written, the request is completed with the output's length. Good: with four.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    SIZE_T size = 0;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 4, (PVOID *)&p, &size))) {
        *p = 7;
#ifdef RF_GOOD
        size = 4;
#endif
    }
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? size : 0);
}
RF_KMDF_DRIVER(control)
