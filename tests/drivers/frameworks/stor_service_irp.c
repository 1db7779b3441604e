// IOCTL_MINIPORT_PROCESS_SERVICE_IRP hands the caller's own buffer to the miniport, which writes the port that it names. Good: one port.
#include "ministor.h"
#include "instructions.h"

static BOOLEAN NTAPI start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb) {
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    StorPortNotification(0, extension, srb);
    return TRUE;
}
static VOID NTAPI service(PVOID extension, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *buffer = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(extension);
    irp->IoStatus.Status = STATUS_INVALID_PARAMETER;
    irp->IoStatus.Information = 0;
    if (stack->Parameters.DeviceIoControl.InputBufferLength >= 8) {
#ifdef RF_GOOD
        out_byte(0x61, (UCHAR)buffer[1]);
#else
        out_byte((USHORT)buffer[0], (UCHAR)buffer[1]);
#endif
        irp->IoStatus.Status = STATUS_SUCCESS;
    }
    StorPortExtendedFunction(7, extension, irp);
}
RF_STORPORT_DRIVER(start_io, NULL, service, 0)
