// What UMDF 2's static stub adds to a driver: the bind record, the pointer to the function table, the export FxDriverEntryUm that the host
// calls with its loader interface, and the version data that tells the host what the DLL is.
#define RF_UMDF 1
#include "miniwdf.h"

typedef NTSTATUS(NTAPI *version_bind_t)(PVOID, PWDF_BIND_INFO, PVOID *);
typedef struct { ULONG Size; version_bind_t VersionBind; PVOID VersionUnbind, DiagnosticsValueByNameAsULONG; } loader_interface_t;

WDFFUNC *WdfFunctions_02031;
PWDF_DRIVER_GLOBALS WdfDriverGlobals;
static WCHAR component[] = L"UmdfLibrary";
WDF_BIND_INFO WdfBindInfo = {sizeof(WDF_BIND_INFO), component, {2, 31, 0}, 273, (WDFFUNC *)(PVOID)&WdfFunctions_02031, NULL};
const ULONG Microsoft_WDF_UMDF_Version[3] = {2, 31, 0};
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING);

NTSTATUS NTAPI FxDriverEntryUm(loader_interface_t *loader, PVOID context, PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NTSTATUS status;
    if (loader == NULL || loader->Size < sizeof(loader_interface_t))
        return STATUS_INVALID_PARAMETER;
    status = loader->VersionBind(context, &WdfBindInfo, (PVOID *)&WdfDriverGlobals);
    if (!NT_SUCCESS(status))
        return status;
    return DriverEntry(driver, registry_path);
}

BOOL NTAPI DllMain(PVOID module, ULONG reason, PVOID reserved) {
    UNREFERENCED_PARAMETER(module);
    UNREFERENCED_PARAMETER(reason);
    UNREFERENCED_PARAMETER(reserved);
    return TRUE;
}
