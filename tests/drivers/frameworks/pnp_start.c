// The device works from IRP_MN_START_DEVICE on: before, every request is refused. The driver waits for the drivers below and
// then takes its ports from the resources. Bad: the caller's offset from the first port has no end. Good: it stays in the range.
typedef struct { void *lower; unsigned char started; unsigned short port; unsigned long length; } extension_t;
#define RF_EXTENSION extension_t
#include "scaffold.h"

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    extension_t *extension = device->DeviceExtension;
    ULONG *p = r->buffer;
    UNREFERENCED_PARAMETER(irp);
    if (!extension->started)
        return STATUS_NOT_SUPPORTED;
    switch (r->stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        RF_LENGTHS(8, 0);
#ifdef RF_GOOD
        if (p[0] >= extension->length)
            return STATUS_ACCESS_DENIED;
#endif
        out_byte((USHORT)(extension->port + p[0]), (UCHAR)p[1]);
        return STATUS_SUCCESS;
    case IOCTL_B:
        RF_LENGTHS(0, 4);
        p[0] = extension->length;
        RF_ANSWER(4);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
static NTSTATUS NTAPI on_started(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device); UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, 0, FALSE);
    return (NTSTATUS)0xC0000016;
}
static NTSTATUS start(extension_t *extension, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp), next = stack - 1;
    PCM_RESOURCE_LIST list = stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    KEVENT event;
    NTSTATUS status;
    KeInitializeEvent(&event, 0, FALSE);
    memcpy(next, stack, __builtin_offsetof(IO_STACK_LOCATION, CompletionRoutine));
    next->CompletionRoutine = on_started;
    next->Context = &event;
    next->Control = 0xe0; // on success, error and cancel
    status = IoCallDriver(extension->lower, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, 0, 0, FALSE, NULL);
        status = irp->IoStatus.Status;
    }
    if (!NT_SUCCESS(status))
        return status;
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < list->PartialCount; i++)
        if (list->PartialDescriptors[i].Type == CmResourceTypePort) {
            extension->port = (USHORT)list->PartialDescriptors[i].u.Port.Start.QuadPart;
            extension->length = list->PartialDescriptors[i].u.Port.Length;
        }
    if (extension->length == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    extension->started = TRUE;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI on_pnp(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_START_DEVICE)
        return complete(irp, start(extension, irp), 0);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(extension->lower, irp);
}
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    ((extension_t *)driver->DeviceObject->DeviceExtension)->lower = IoAttachDeviceToDeviceStack(driver->DeviceObject, physical);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->DriverExtension->AddDevice = add_device, (driver)->MajorFunction[IRP_MJ_PNP] = on_pnp)
RF_WDM_DRIVER(control)
