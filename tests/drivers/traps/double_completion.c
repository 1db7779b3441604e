// The failing branch completes the request and goes on. Good: it returns.
#include "scaffold.h"

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (stack->Parameters.DeviceIoControl.InputBufferLength < 4) {
        complete(irp, STATUS_INVALID_PARAMETER, 0);
#ifdef RF_GOOD
        return STATUS_INVALID_PARAMETER;
#endif
    }
    DbgPrint("value %u\n", p[0]);
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_WDM_ENTRY(dispatch)
