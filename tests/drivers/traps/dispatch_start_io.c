// The sink is in DriverStartIo.
#include "miniwdk.h"
static VOID NTAPI start_io(struct _DEVICE_OBJECT *, struct _IRP *);
#define RF_BOOT(driver, device) ((driver)->DriverStartIo = start_io)
#include "scaffold.h"
static VOID NTAPI start_io(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    irp->IoStatus.Status = STATUS_INVALID_PARAMETER;
    irp->IoStatus.Information = 0;
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_A && stack->Parameters.DeviceIoControl.InputBufferLength >= 8) {
#ifdef RF_GOOD
        write_msr(0x1fc, p[1]);
#else
        write_msr(p[0], p[1]);
#endif
        irp->IoStatus.Status = STATUS_SUCCESS;
    }
    IoStartNextPacket(device, FALSE);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, NULL, NULL);
    return STATUS_PENDING;
}
RF_WDM_ENTRY(dispatch)
