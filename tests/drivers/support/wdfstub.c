// What KMDF's static stub adds to a driver: the bind record, the place of the function table, and FxDriverEntry, which binds before DriverEntry.
// The counts of functions are those of the versions: 396 in 1.9, 444 in 1.15; for 1.33 the 458 that the public list of 1.31 has.
#include "miniwdf.h"

#if RF_WDF_MINOR < 15
#define COUNT 396
#define BUILD 7600
WDFFUNC WdfFunctions[COUNT];
#define TABLE WdfFunctions
#elif RF_WDF_MINOR < 33
#define COUNT 444
#define BUILD 0
WDFFUNC *WdfFunctions_01015;
#define TABLE (WDFFUNC *)(PVOID)&WdfFunctions_01015
#else
#define COUNT 458
#define BUILD 0
WDFFUNC *WdfFunctions_01033;
#define TABLE (WDFFUNC *)(PVOID)&WdfFunctions_01033
#endif

PWDF_DRIVER_GLOBALS WdfDriverGlobals;
static WCHAR component[] = L"KmdfLibrary";
WDF_BIND_INFO WdfBindInfo = {sizeof(WDF_BIND_INFO), component, {1, RF_WDF_MINOR, BUILD}, COUNT, TABLE, NULL};
static UNICODE_STRING registry_path_copy;
static WCHAR registry_path_buffer[260];
static PDRIVER_UNLOAD displaced_unload;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING);

static VOID NTAPI FxStubDriverUnload(PDRIVER_OBJECT driver) {
    if (displaced_unload != NULL && displaced_unload != FxStubDriverUnload)
        displaced_unload(driver);
    WdfVersionUnbind(&registry_path_copy, &WdfBindInfo, WdfDriverGlobals);
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NTSTATUS status;
    if (driver == NULL)
        return DriverEntry(driver, registry_path);
    registry_path_copy.Buffer = registry_path_buffer;
    registry_path_copy.MaximumLength = sizeof(registry_path_buffer);
    RtlCopyUnicodeString(&registry_path_copy, registry_path);
    status = WdfVersionBind(driver, &registry_path_copy, &WdfBindInfo, (PVOID *)&WdfDriverGlobals);
    if (!NT_SUCCESS(status))
        return status;
    status = DriverEntry(driver, registry_path);
    if (!NT_SUCCESS(status)) {
        WdfVersionUnbind(&registry_path_copy, &WdfBindInfo, WdfDriverGlobals);
        return status;
    }
    if (WdfDriverGlobals->DisplaceDriverUnload) {
        displaced_unload = driver->DriverUnload;
        driver->DriverUnload = FxStubDriverUnload;
    } else if (driver->DriverUnload == NULL) {
        driver->DriverUnload = FxStubDriverUnload;
    }
    return status;
}
