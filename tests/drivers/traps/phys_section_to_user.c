// \Device\PhysicalMemory is mapped into the caller's process. Good: the base must be the video window, the length its size.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER offset;
    SIZE_T size;
    PVOID view = NULL;
    HANDLE section;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 8);
    size = (SIZE_T)p[1];
    offset.QuadPart = (LONGLONG)p[0];
#ifdef RF_GOOD
    if (p[0] != 0xa0000)
        return STATUS_ACCESS_DENIED;
    size = 0x20000;
#endif
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenSection(&section, SECTION_ALL_ACCESS, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwMapViewOfSection(section, NtCurrentProcess(), &view, 0, size, &offset, &size, ViewShare, 0, PAGE_READWRITE | PAGE_NOCACHE);
    ZwClose(section);
    p[0] = (ULONG_PTR)view;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
