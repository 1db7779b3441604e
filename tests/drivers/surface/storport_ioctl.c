// A Storport miniport: control requests arrive as SRB_FUNCTION_IO_CONTROL blocks in HwStartIo, the code stands in the block.
#include "ministor.h"
static volatile ULONG state;

static VOID control(PSCSI_REQUEST_BLOCK srb) {
    SRB_IO_CONTROL *header = srb->DataBuffer;
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    if (srb->DataTransferLength < sizeof(*header) + 4)
        return;
    switch (header->ControlCode) {
    case 0x70001: state = *(ULONG *)(header + 1); break;
    case 0x70002: *(ULONG *)(header + 1) = state; break;
    default: return;
    }
    header->ReturnCode = 0;
    srb->SrbStatus = SRB_STATUS_SUCCESS;
}
static BOOLEAN NTAPI start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb) {
    if (srb->Function == SRB_FUNCTION_IO_CONTROL)
        control(srb);
    else
        srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    StorPortNotification(0, extension, srb);
    return TRUE;
}
static BOOLEAN NTAPI initialize(PVOID extension) { UNREFERENCED_PARAMETER(extension); return TRUE; }
static ULONG NTAPI find_adapter(PVOID extension, PVOID context, PVOID bus, PCSTR arguments, PVOID configuration, PBOOLEAN again) {
    UNREFERENCED_PARAMETER(extension); UNREFERENCED_PARAMETER(context); UNREFERENCED_PARAMETER(bus);
    UNREFERENCED_PARAMETER(arguments); UNREFERENCED_PARAMETER(configuration);
    *again = FALSE;
    return 1;
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    HW_INITIALIZATION_DATA data;
    memset(&data, 0, sizeof(data));
    data.HwInitializationDataSize = sizeof(data);
    data.AdapterInterfaceType = PCIBus;
    data.HwInitialize = (PVOID)initialize;
    data.HwStartIo = (PVOID)start_io;
    data.HwFindAdapter = (PVOID)find_adapter;
    data.DeviceExtensionSize = 64;
    data.MapBuffers = 1;
    return (NTSTATUS)StorPortInitialize(driver, registry_path, &data, NULL);
}
