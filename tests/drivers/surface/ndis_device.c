// An NDIS miniport with a control device: the dispatch table is an array on the stack handed to NdisRegisterDeviceEx, no slot of the driver object.
#include "minindis.h"
static NDIS_HANDLE miniport, device_handle;
static volatile ULONG state;

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        if (stack->Parameters.DeviceIoControl.InputBufferLength < 4)
            return complete(irp, STATUS_INVALID_PARAMETER, 0);
        state = *(ULONG *)irp->AssociatedIrp.SystemBuffer;
        return complete(irp, STATUS_SUCCESS, 0);
    case IOCTL_B:
        state = 0;
        return complete(irp, STATUS_SUCCESS, 0);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
static VOID NTAPI nothing(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics;
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes;
    PDRIVER_DISPATCH table[IRP_MJ_MAXIMUM_FUNCTION + 1];
    UNICODE_STRING name, link, sddl;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    memset(&characteristics, 0, sizeof(characteristics));
    characteristics.Header.Type = 0x8a;
    characteristics.Header.Revision = 1;
    characteristics.Header.Size = sizeof(characteristics);
    characteristics.MajorNdisVersion = 6;
    characteristics.HaltHandlerEx = (PVOID)nothing;
    characteristics.InitializeHandlerEx = (PVOID)nothing;
    status = NdisMRegisterMiniportDriver(driver, registry_path, NULL, &characteristics, &miniport);
    if (!NT_SUCCESS(status))
        return status;
    memset(table, 0, sizeof(table));
    table[IRP_MJ_CREATE] = table[IRP_MJ_CLOSE] = table[IRP_MJ_CLEANUP] = create_close;
    table[IRP_MJ_DEVICE_CONTROL] = control;
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
    RtlInitUnicodeString(&link, RF_LINK_NAME);
    RtlInitUnicodeString(&sddl, RF_TEST_SDDL);
    memset(&attributes, 0, sizeof(attributes));
    attributes.Header.Type = 0x85;
    attributes.Header.Revision = 1;
    attributes.Header.Size = sizeof(attributes);
    attributes.DeviceName = &name;
    attributes.SymbolicName = &link;
    attributes.MajorFunctions = table;
    attributes.DefaultSDDLString = &sddl;
    return NdisRegisterDeviceEx(miniport, &attributes, &device, &device_handle);
}
