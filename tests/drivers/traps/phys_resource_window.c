// Good: base and length come from the device's resources, the offset is compared with them. Bad: the base is the caller's.
#include "scaffold.h"

static PHYSICAL_ADDRESS bar;
static ULONG bar_length;
static PDEVICE_OBJECT lower;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    volatile ULONG *mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
#ifdef RF_GOOD
    if (bar_length < 4 || p[0] > bar_length - 4)
        return STATUS_ACCESS_DENIED;
    address.QuadPart = bar.QuadPart + (LONGLONG)p[0];
#else
    address.QuadPart = (LONGLONG)p[0] + bar_length;
#endif
    mapped = MmMapIoSpace(address, 4, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *(ULONG *)p = *mapped;
    MmUnmapIoSpace((PVOID)mapped, 4);
    RF_ANSWER(4);
}
static NTSTATUS NTAPI on_pnp(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MinorFunction == IRP_MN_START_DEVICE && stack->Parameters.StartDevice.AllocatedResourcesTranslated) {
        PCM_RESOURCE_LIST list = stack->Parameters.StartDevice.AllocatedResourcesTranslated;
        for (ULONG i = 0; i < list->PartialCount; i++)
            if (list->PartialDescriptors[i].Type == CmResourceTypeMemory) {
                bar = list->PartialDescriptors[i].u.Memory.Start;
                bar_length = list->PartialDescriptors[i].u.Memory.Length;
            }
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
}
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    lower = IoAttachDeviceToDeviceStack(driver->DeviceObject, physical);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->DriverExtension->AddDevice = add_device, (driver)->MajorFunction[IRP_MJ_PNP] = on_pnp)
RF_WDM_DRIVER(control)
