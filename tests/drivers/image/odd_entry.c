// The entry point stands in a section of an unusual name.
#include "miniwdk.h"

static VOID NTAPI unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

CODE_SEG(".stub") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNREFERENCED_PARAMETER(registry_path);
    driver->DriverUnload = unload;
    DbgPrint("loaded\n");
    return STATUS_SUCCESS;
}
