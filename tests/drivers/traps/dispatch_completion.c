// The request goes down with a completion routine; the sink is in that routine and reads the buffer of the request.
#include "scaffold.h"

static PDEVICE_OBJECT lower;
static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    if (p != NULL && context == (PVOID)7)
#ifdef RF_GOOD
        out_byte(0x61, (UCHAR)p[1]);
#else
        out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp), next = IoGetNextIrpStackLocation(irp);
    if (lower == NULL || stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 8)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    memcpy(next, stack, __builtin_offsetof(IO_STACK_LOCATION, CompletionRoutine));
    next->Control = 0xe0;
    next->CompletionRoutine = on_completion;
    next->Context = (PVOID)7;
    return IoCallDriver(lower, irp);
}
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    lower = IoAttachDeviceToDeviceStack(driver->DeviceObject, physical);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->DriverExtension->AddDevice = add_device)
RF_WDM_ENTRY(dispatch)
