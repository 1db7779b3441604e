// The name of the section of physical memory in lower case, in a buffer on the stack: names of objects are compared without case. Good: the
// base is the video window.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    WCHAR text[] = L"\\device\\physicalmemory";
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER offset;
    SIZE_T size = 0x1000;
    PVOID view = NULL;
    HANDLE section;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    offset.QuadPart = (LONGLONG)p[0];
#ifdef RF_GOOD
    if (p[0] != 0xa0000)
        return STATUS_ACCESS_DENIED;
#endif
    RtlInitUnicodeString(&name, text);
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
