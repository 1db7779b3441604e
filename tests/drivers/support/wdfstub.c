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

// The linker puts what class extensions and context types register between these brackets.
typedef struct _CLASS_BIND { ULONG Size; PWSTR Component; NTSTATUS(NTAPI *BindClass)(PVOID, PVOID, PWDF_BIND_INFO, PVOID); PVOID Others[6]; } CLASS_BIND;
typedef struct _TYPE_INIT { ULONG Size; PCSTR Name; SIZE_T ContextSize; const void *UniqueType; const void *(NTAPI *GetUniqueType)(VOID); } TYPE_INIT;
#define BRACKET(name) __attribute__((section(name), used))
static CLASS_BIND *volatile class_bind_start[1] BRACKET(".kmdfclassbind$a");
static CLASS_BIND *volatile class_bind_end[1] BRACKET(".kmdfclassbind$d");
static PVOID type_init_start[1] BRACKET(".kmdftypeinit$a");
static PVOID type_init_end[1] BRACKET(".kmdftypeinit$c");
static PVOID miniport_unload;

static NTSTATUS FxStubBindClasses(PWDF_BIND_INFO bind_info) {
    if ((PVOID)class_bind_start > (PVOID)class_bind_end)
        return STATUS_INVALID_PARAMETER;
    for (CLASS_BIND *volatile *each = class_bind_start + 1; each < class_bind_end; each++) {
        if (*each == NULL)
            continue;
        if ((*each)->Size != sizeof(CLASS_BIND) || (*each)->BindClass == NULL)
            return STATUS_INVALID_PARAMETER;
        NTSTATUS status = (*each)->BindClass((PVOID)WdfVersionBindClass, WdfDriverGlobals, bind_info, *each);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}
static NTSTATUS FxStubInitTypes(VOID) {
    if ((PVOID)type_init_start > (PVOID)type_init_end)
        return STATUS_INVALID_PARAMETER;
    for (volatile TYPE_INIT *each = (TYPE_INIT *)(type_init_start + 1); (PVOID)each < (PVOID)type_init_end; each++) {
        if (each->Size != sizeof(TYPE_INIT))
            return STATUS_INVALID_PARAMETER;
        if (each->GetUniqueType != NULL)
            each->UniqueType = each->GetUniqueType();
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI FxStubDriverUnload(PDRIVER_OBJECT driver) {
    if (displaced_unload != NULL && displaced_unload != FxStubDriverUnload)
        displaced_unload(driver);
    WdfVersionUnbind(&registry_path_copy, &WdfBindInfo, WdfDriverGlobals);
}

static __attribute__((noinline)) NTSTATUS NTAPI FxDriverEntryWorker(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NTSTATUS status;
    if (driver == NULL)
        return DriverEntry(driver, registry_path);
    registry_path_copy.Buffer = registry_path_buffer;
    registry_path_copy.MaximumLength = sizeof(registry_path_buffer);
    RtlCopyUnicodeString(&registry_path_copy, registry_path);
    status = WdfVersionBind(driver, &registry_path_copy, &WdfBindInfo, (PVOID *)&WdfDriverGlobals);
    if (!NT_SUCCESS(status))
        return status;
    miniport_unload = (PVOID)RF_TABLE[200]; // WdfDriverMiniportUnload
    status = FxStubBindClasses(&WdfBindInfo);
    if (NT_SUCCESS(status))
        status = FxStubInitTypes();
    if (NT_SUCCESS(status))
        status = DriverEntry(driver, registry_path);
    if (!NT_SUCCESS(status)) {
        WdfVersionUnbind(&registry_path_copy, &WdfBindInfo, WdfDriverGlobals);
        return status;
    }
    if (WdfDriverGlobals->DisplaceDriverUnload) {
        displaced_unload = driver->DriverUnload;
        driver->DriverUnload = FxStubDriverUnload;
    } else if ((WdfDriverGlobals->DriverFlags & 2) != 0) {
        displaced_unload = (PDRIVER_UNLOAD)miniport_unload;
    } else if (driver->DriverUnload == NULL) {
        driver->DriverUnload = FxStubDriverUnload;
    }
    return status;
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { return FxDriverEntryWorker(driver, registry_path); }
