// The same with the table in the driver (KMDF 1.9), the input through a memory object.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WDFMEMORY memory;
    SIZE_T size;
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_B) {
        status = WdfRequestRetrieveInputMemory(request, &memory);
        if (NT_SUCCESS(status)) {
            p = WdfMemoryGetBuffer(memory, &size);
            if (size < 16)
                status = STATUS_INVALID_PARAMETER;
            else
#ifdef RF_GOOD
                write_msr(0x199, p[2]);
#else
                write_msr(p[0], p[2]);
#endif
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
