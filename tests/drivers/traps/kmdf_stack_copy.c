// The input's own length is the length of a copy to the stack. Good: the smaller one.
#include "scaffold_kmdf.h"
static volatile ULONG sum;
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    UCHAR copy[64];
    PVOID p;
    SIZE_T size;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 1, &p, &size))) {
#ifdef RF_GOOD
        if (size > sizeof(copy))
            size = sizeof(copy);
#endif
        memcpy(copy, p, size);
        sum += copy[0] + copy[63];
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
