// Create allocates a block for FsContext; one request stores an address in it, another writes through. Good: an offset into the block.
#include "miniwdk.h"
DRIVER_DISPATCH open_file;
#define RF_CREATE open_file
#include "scaffold.h"
typedef struct { ULONG64 address; UCHAR data[64]; } file_t;
NTSTATUS NTAPI open_file(PDEVICE_OBJECT device, PIRP irp) {
    file_t *file = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*file), DRIVER_TAG);
    if (file == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    memset(file, 0, sizeof(*file));
    IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext = file;
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    file_t *file = r->stack->FileObject->FsContext;
    ULONG64 *p = r->buffer;
    RF_LENGTHS(8, 0);
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A: file->address = p[0]; return STATUS_SUCCESS;
    case IOCTL_B:
#ifdef RF_GOOD
        file->data[file->address & 63] = (UCHAR)p[0];
#else
        *(volatile UCHAR *)(ULONG_PTR)file->address = (UCHAR)p[0];
#endif
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
