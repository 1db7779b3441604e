// One routine for all major codes, stored by a string instruction; it hands the request on through a second thunk.
#include "scaffold.h"

static NTSTATUS NTAPI second(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack) {
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return complete(irp, STATUS_SUCCESS, 0);
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 4 ||
        stack->Parameters.DeviceIoControl.OutputBufferLength < 8)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
#ifdef RF_GOOD
    *(ULONG64 *)p = read_msr(0x10);
#else
    *(ULONG64 *)p = read_msr(p[0]);
#endif
    return complete(irp, STATUS_SUCCESS, 8);
}
static NTSTATUS NTAPI thunk(PDEVICE_OBJECT device, PIRP irp) {
    if (device == NULL)
        return complete(irp, STATUS_UNSUCCESSFUL, 0);
    return second(device, irp, IoGetCurrentIrpStackLocation(irp));
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    PDEVICE_OBJECT device;
    fill_pointers((PVOID *)driver->MajorFunction, (PVOID)thunk, IRP_MJ_MAXIMUM_FUNCTION + 1);
    return create_device(driver, &device);
}
