// Requests are queued with IoStartPacket; DriverStartIo tells the codes apart.
#include "miniwdk.h"
static VOID NTAPI start_io(struct _DEVICE_OBJECT *, struct _IRP *);
#define RF_BOOT(driver, device) ((driver)->DriverStartIo = start_io)
#include "scaffold.h"
static volatile ULONG state;

static VOID NTAPI start_io(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_A && stack->Parameters.DeviceIoControl.InputBufferLength >= 4) {
        state = *(ULONG *)irp->AssociatedIrp.SystemBuffer;
        status = STATUS_SUCCESS;
    } else if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_C) {
        state = 0;
        status = STATUS_SUCCESS;
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoStartNextPacket(device, FALSE);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, NULL, NULL);
    return STATUS_PENDING;
}
RF_WDM_ENTRY(dispatch)
