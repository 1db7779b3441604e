// One routine for every slot of MajorFunction, filled by a loop (RF_REP_STOS: by a string store); the routine branches on the major code.
#include "scaffold.h"

static NTSTATUS NTAPI everything(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    switch (stack->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return complete(irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL:
        if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_A && stack->Parameters.DeviceIoControl.OutputBufferLength >= 4) {
            *(ULONG *)irp->AssociatedIrp.SystemBuffer = 42;
            return complete(irp, STATUS_SUCCESS, 4);
        }
        if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_B)
            return complete(irp, STATUS_NOT_SUPPORTED, 0);
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    default:
        return complete(irp, STATUS_NOT_IMPLEMENTED, 0);
    }
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(registry_path);
#ifdef RF_REP_STOS
    fill_pointers((PVOID *)driver->MajorFunction, (PVOID)everything, IRP_MJ_MAXIMUM_FUNCTION + 1);
#else
    for (volatile ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = everything;
#endif
    driver->DriverUnload = unload;
    return create_device(driver, &device);
}
