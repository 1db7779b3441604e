// A miniport of NDIS 5: queries and settings have a routine each.
#include "minindis.h"
#include "instructions.h"
static ULONG last;

static NTSTATUS NTAPI query(NDIS_HANDLE context, ULONG oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    UNREFERENCED_PARAMETER(context);
    *written = *needed = 4;
    if (oid != 0xff010301)
        return STATUS_NOT_SUPPORTED;
    if (length < 4)
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)buffer = last;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI set(NDIS_HANDLE context, ULONG oid, PVOID information, ULONG length, PULONG read, PULONG needed) {
    ULONG *buffer = information;
    UNREFERENCED_PARAMETER(context);
    *read = length;
    *needed = 16;
    switch (oid) {
    case 0xff010302:
        if (length < 16)
            return STATUS_BUFFER_TOO_SMALL;
        write_msr(0x1a0, buffer[2] & 1);
        last = buffer[2];
        return STATUS_SUCCESS;
    case 0xff010303:
        last = 0;
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_CHARACTERISTICS characteristics;
    NDIS_HANDLE wrapper;
    NdisInitializeWrapper(&wrapper, driver, registry_path, NULL);
    memset(&characteristics, 0, sizeof(characteristics));
    characteristics.MajorNdisVersion = 5;
    characteristics.QueryInformationHandler = (PVOID)query;
    characteristics.SetInformationHandler = (PVOID)set;
    return NdisMRegisterMiniport(wrapper, &characteristics, sizeof(characteristics));
}
