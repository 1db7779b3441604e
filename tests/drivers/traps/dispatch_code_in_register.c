// Buffer, lengths and code are passed on as parameters to a second level.
#include "scaffold.h"

DECLSPEC_NOINLINE static NTSTATUS inner(PDEVICE_OBJECT device, ULONG *buffer, ULONG in_length, ULONG code, ULONG_PTR *information) {
    if (code == IOCTL_A) {
        if (in_length != 8)
            return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
        out_dword(0x4d0, buffer[1]);
#else
        out_dword((USHORT)buffer[0], buffer[1]);
#endif
        return STATUS_SUCCESS;
    }
    if (code == IOCTL_B) {
        *information = 0;
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG_PTR information = 0;
    NTSTATUS status = inner(device, irp->AssociatedIrp.SystemBuffer, stack->Parameters.DeviceIoControl.InputBufferLength,
                            stack->Parameters.DeviceIoControl.IoControlCode, &information);
    return complete(irp, status, information);
}
RF_WDM_ENTRY(dispatch)
