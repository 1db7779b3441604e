// MmMapIoSpace of the caller's address. Good: a constant.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG64 *p;
    PVOID out, mapped;
    PHYSICAL_ADDRESS address;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)) &&
        NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 64, &out, NULL))) {
#ifdef RF_GOOD
        address.QuadPart = 0xf0000;
#else
        address.QuadPart = (LONGLONG)p[0];
#endif
        mapped = MmMapIoSpace(address, 64, MmNonCached);
        if (mapped != NULL) {
            copy_bytes(out, mapped, 64);
            MmUnmapIoSpace(mapped, 64);
            WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 64);
            return;
        }
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
