// Configuration space through the bus driver's interface table, asked for with IRP_MN_QUERY_INTERFACE. Good: offset zero.
#include "scaffold.h"

typedef struct { USHORT size, version; PVOID context, reference, dereference, translate, get_dma_adapter;
    ULONG(NTAPI *set_data)(PVOID, ULONG, PVOID, ULONG, ULONG); ULONG(NTAPI *get_data)(PVOID, ULONG, PVOID, ULONG, ULONG); } bus_interface_t;
static const GUID bus_guid = {0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};
static bus_interface_t bus;
static PDEVICE_OBJECT lower;
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    IO_STATUS_BLOCK io_status;
    PIO_STACK_LOCATION next;
    KEVENT event;
    PIRP query;
    lower = IoAttachDeviceToDeviceStack(driver->DeviceObject, physical);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    query = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, lower, NULL, 0, NULL, &event, &io_status);
    if (query == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    next = IoGetNextIrpStackLocation(query);
    next->MinorFunction = 8;
    next->Parameters.Others.Argument1 = (PVOID)&bus_guid;
    *(USHORT *)&next->Parameters.Others.Argument2 = sizeof(bus);
    next->Parameters.Others.Argument3 = &bus;
    query->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (IoCallDriver(lower, query) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
    if (bus.get_data == NULL)
        return STATUS_UNSUCCESSFUL;
#ifdef RF_GOOD
    bus.get_data(bus.context, 0, p, 0, 4);
#else
    bus.get_data(bus.context, 0, p, p[0], 4);
#endif
    RF_ANSWER(4);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->DriverExtension->AddDevice = add_device)
RF_WDM_DRIVER(control)
