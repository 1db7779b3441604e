// The caller's path is created from kernel mode and written. Good: a constant path.
#include "scaffold.h"

typedef struct { ULONG length; WCHAR path[64]; } file_t;
RF_CONTROL {
    file_t *p = r->buffer;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io_status;
    HANDLE file;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    p->path[63] = 0;
#ifdef RF_GOOD
    RtlInitUnicodeString(&name, L"\\SystemRoot\\Temp\\ringfence.log");
#else
    RtlInitUnicodeString(&name, p->path);
#endif
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &io_status, NULL, 0x80, 0, 5, 0x20, NULL, 0);
    if (NT_SUCCESS(status)) {
        status = ZwWriteFile(file, NULL, NULL, NULL, &io_status, &p->length, 4, NULL, NULL);
        ZwClose(file);
    }
    return status;
}
RF_WDM_DRIVER(control)
