// IRP_MJ_WRITE leaves bytes in the extension, a control code uses them as a port. Good: the port is fixed.
#include "miniwdk.h"
typedef struct { ULONG pending[4]; ULONG count; } extension_t;
#define RF_EXTENSION extension_t
static NTSTATUS NTAPI on_write(struct _DEVICE_OBJECT *, struct _IRP *);
#define RF_BOOT(driver, device) ((driver)->MajorFunction[IRP_MJ_WRITE] = on_write, (device)->Flags |= DO_BUFFERED_IO)
#include "scaffold.h"
static NTSTATUS NTAPI on_write(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    if (length > sizeof(extension->pending))
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    memcpy(extension->pending, irp->AssociatedIrp.SystemBuffer, length);
    extension->count = length / 4;
    return complete(irp, STATUS_SUCCESS, length);
}
RF_CONTROL {
    extension_t *extension = device->DeviceExtension;
    RF_ONLY(IOCTL_A);
    if (extension->count < 2)
        return STATUS_UNSUCCESSFUL;
#ifdef RF_GOOD
    out_dword(0x4d0, extension->pending[1]);
#else
    out_dword((USHORT)extension->pending[0], extension->pending[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
