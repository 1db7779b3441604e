// A vendor OID writes a model-specific register that the request names. Good: one register.
#include "minindis.h"
#include "instructions.h"
static NDIS_HANDLE miniport;

static NTSTATUS NTAPI oid_request(NDIS_HANDLE context, NDIS_OID_REQUEST *request) {
    ULONG *buffer = request->DATA.InformationBuffer;
    UNREFERENCED_PARAMETER(context);
    if (request->RequestType != 1)
        return STATUS_NOT_SUPPORTED;
    switch (request->DATA.Oid) {
    case 0xff010201:
        if (request->DATA.InformationBufferLength < 16)
            return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
        write_msr(0x1a0, buffer[2] & 1);
#else
        write_msr(buffer[0], buffer[2]);
#endif
        return STATUS_SUCCESS;
    case 0xff010202:
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics;
    memset(&characteristics, 0, sizeof(characteristics));
    characteristics.Header.Type = 0x8a;
    characteristics.Header.Revision = 1;
    characteristics.Header.Size = sizeof(characteristics);
    characteristics.MajorNdisVersion = 6;
    characteristics.OidRequestHandler = (PVOID)oid_request;
    return NdisMRegisterMiniportDriver(driver, registry_path, NULL, &characteristics, &miniport);
}
