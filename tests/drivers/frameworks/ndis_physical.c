// The control device of an NDIS driver maps physical memory for anybody. Good: one page.
#include "minindis.h"
static NDIS_HANDLE miniport, device_handle;

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *buffer = irp->AssociatedIrp.SystemBuffer;
    PHYSICAL_ADDRESS address;
    ULONG *mapped;
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 8 ||
        stack->Parameters.DeviceIoControl.OutputBufferLength < 4)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    address.QuadPart = *(LONGLONG *)buffer;
#ifdef RF_GOOD
    if (address.QuadPart != 0xfed00000)
        return complete(irp, STATUS_ACCESS_DENIED, 0);
#endif
    mapped = MmMapIoSpace(address, 4, 0);
    if (mapped == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    buffer[0] = *(volatile ULONG *)mapped;
    MmUnmapIoSpace(mapped, 4);
    return complete(irp, STATUS_SUCCESS, 4);
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics;
    PDRIVER_DISPATCH table[IRP_MJ_MAXIMUM_FUNCTION + 1];
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    memset(&characteristics, 0, sizeof(characteristics));
    characteristics.Header.Type = 0x8a;
    characteristics.Header.Revision = 1;
    characteristics.Header.Size = sizeof(characteristics);
    characteristics.MajorNdisVersion = 6;
    status = NdisMRegisterMiniportDriver(driver, registry_path, NULL, &characteristics, &miniport);
    if (!NT_SUCCESS(status))
        return status;
    memset(table, 0, sizeof(table));
    table[IRP_MJ_CREATE] = table[IRP_MJ_CLOSE] = create_close;
    table[IRP_MJ_DEVICE_CONTROL] = control;
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
    RtlInitUnicodeString(&link, RF_LINK_NAME);
    return NdisMRegisterDevice(miniport, &name, &link, table, &device, &device_handle);
}
