// METHOD_OUT_DIRECT: the register comes in the buffer that takes the answer.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG64 *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_OUT_DIRECT && NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 16, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        p[0] = read_msr(0x3a);
#else
        p[0] = read_msr((ULONG)p[1]);
#endif
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? 16 : 0);
}
RF_KMDF_DRIVER(control)
