// Configuration space through IRP_MN_READ_CONFIG sent down the stack. Good: offset zero, four bytes.
#include "scaffold.h"

static PDEVICE_OBJECT lower;
RF_CONTROL {
    ULONG *p = r->buffer;
    IO_STATUS_BLOCK io_status;
    PIO_STACK_LOCATION next;
    KEVENT event;
    PIRP config;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    config = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, lower, NULL, 0, NULL, &event, &io_status);
    if (config == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    next = IoGetNextIrpStackLocation(config);
    next->MinorFunction = IRP_MN_READ_CONFIG;
    next->Parameters.ReadWriteConfig.WhichSpace = 0;
    next->Parameters.ReadWriteConfig.Buffer = p;
#ifdef RF_GOOD
    next->Parameters.ReadWriteConfig.Offset = 0;
#else
    next->Parameters.ReadWriteConfig.Offset = p[0];
#endif
    next->Parameters.ReadWriteConfig.Length = 4;
    config->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (IoCallDriver(lower, config) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    RF_ANSWER(4);
}
static __attribute__((used)) NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    lower = IoAttachDeviceToDeviceStack(driver->DeviceObject, physical);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->DriverExtension->AddDevice = add_device)
RF_WDM_DRIVER(control)
