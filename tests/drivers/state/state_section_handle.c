// One request opens physical memory and keeps the handle, another maps a view at the caller's offset. Good: offset and size are fixed.
#include "scaffold.h"

static HANDLE section;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER offset;
    SIZE_T size;
    PVOID view = NULL;
    NTSTATUS status;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
        return ZwOpenSection(&section, SECTION_ALL_ACCESS, &attributes);
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(16, 8);
    if (section == NULL)
        return STATUS_INVALID_HANDLE;
#ifdef RF_GOOD
    offset.QuadPart = 0xa0000;
    size = 0x10000;
#else
    offset.QuadPart = (LONGLONG)p[0];
    size = (SIZE_T)p[1];
#endif
    status = ZwMapViewOfSection(section, NtCurrentProcess(), &view, 0, size, &offset, &size, ViewShare, 0, PAGE_READWRITE);
    p[0] = (ULONG_PTR)view;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
