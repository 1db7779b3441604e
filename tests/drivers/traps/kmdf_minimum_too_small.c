// WdfRequestRetrieveInputBuffer asks for 4 bytes, 16 are read. Good: it asks for 16.
#include "scaffold_kmdf.h"
static volatile ULONG last;
#ifdef RF_GOOD
#define MINIMUM 16
#else
#define MINIMUM 4
#endif
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, MINIMUM, (PVOID *)&p, NULL)))
        last = p[3];
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
