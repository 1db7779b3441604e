// KMDF 1.33, a switch over three codes, the port is the caller's.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    USHORT *p;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&p, NULL);
    if (NT_SUCCESS(status)) {
#ifdef RF_GOOD
        if (p[0] != 0x2e && p[0] != 0x2f)
            code = 0;
#endif
        switch (code) {
        case IOCTL_A: out_byte(p[0], (UCHAR)p[1]); break;
        case IOCTL_B: out_word(p[0], p[1]); break;
        case IOCTL_C: DbgPrint("%u\n", p[1]); break;
        default: status = STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
