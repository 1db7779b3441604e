// A handle to \Device\PhysicalMemory goes to the caller, who maps what he wants. Good: a kernel handle that is closed again.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes;
    HANDLE section = NULL;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(0, 8);
#ifdef RF_GOOD
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenSection(&section, 4, &attributes);
    if (NT_SUCCESS(status))
        ZwClose(section);
    p[0] = NT_SUCCESS(status);
#else
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwOpenSection(&section, SECTION_ALL_ACCESS, &attributes);
    p[0] = (ULONG_PTR)section;
#endif
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
