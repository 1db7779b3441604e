// A function driver of a stack: programs get nothing but its dispatch routine's refusal, other drivers send their requests with
// IRP_MJ_INTERNAL_DEVICE_CONTROL, as keyboard, mouse, USB and modem drivers are asked.
#include "scaffold.h"
static ULONG reports;

static NTSTATUS NTAPI refuse(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}
static NTSTATUS NTAPI on_internal(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *buffer = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        if (stack->Parameters.DeviceIoControl.InputBufferLength < 8)
            return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
        reports = buffer[1];
        return complete(irp, STATUS_SUCCESS, 0);
    case IOCTL_B:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < 4)
            return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
        buffer[0] = reports;
        return complete(irp, STATUS_SUCCESS, 4);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = on_internal)
RF_WDM_ENTRY(refuse)
