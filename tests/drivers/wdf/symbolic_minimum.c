// The minimum asked for is the length that the caller gave, so that nothing is checked. Good: a constant.
#include "scaffold_kmdf.h"
static volatile ULONG last;
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
#ifdef RF_GOOD
    in_length = 8;
#endif
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, in_length, (PVOID *)&p, NULL)))
        last = p[1];
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
