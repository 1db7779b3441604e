// The caller's path is deleted. Good: the attributes force the access check, the handle is the caller's.
#include "scaffold.h"

typedef struct { WCHAR path[64]; } file_t;
RF_CONTROL {
    file_t *p = r->buffer;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    p->path[63] = 0;
    RtlInitUnicodeString(&name, p->path);
#ifdef RF_GOOD
    RtlInitUnicodeString(&name, L"\\SystemRoot\\Temp\\ringfence.tmp");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | 0x400, NULL, NULL);
#else
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
#endif
    return ZwDeleteFile(&attributes);
}
RF_WDM_DRIVER(control)
