// The input through a memory object and its buffer. Good: the length that the buffer has is compared, and the port fixed.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WDFMEMORY memory;
    SIZE_T size;
    USHORT *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputMemory(request, &memory))) {
        p = WdfMemoryGetBuffer(memory, &size);
        if (size < 6)
            status = STATUS_INVALID_PARAMETER;
        else
#ifdef RF_GOOD
            out_word(0x80, p[2]);
#else
            out_word(p[1], p[2]);
#endif
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
