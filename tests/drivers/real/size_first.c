// Asked for its size first, with no buffer at all: nothing is written then. Good: the port must be one that the registry names.
#include "scaffold.h"

static ULONG allowed;
static VOID read_setting(PUNICODE_STRING path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Port");
    OBJECT_ATTRIBUTES attributes;
    KEY_VALUE_PARTIAL_INFORMATION *information;
    ULONG needed = 0, got = 0;
    HANDLE key;
    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&key, 0x20019, &attributes)))
        return;
    ZwQueryValueKey(key, &name, 2, &needed, 0, &needed);
    if (needed >= sizeof(*information) && needed <= 64 && (information = ExAllocatePoolWithTag(NonPagedPoolNx, needed, 'dMfR')) != NULL) {
        if (NT_SUCCESS(ZwQueryValueKey(key, &name, 2, information, needed, &got)) && information->DataLength == 4)
            allowed = *(ULONG *)information->Data;
        ExFreePoolWithTag(information, 'dMfR');
    }
    ZwClose(key);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p[0] != allowed)
        return STATUS_ACCESS_DENIED;
#else
    if (p[0] == allowed)
        return STATUS_ACCESS_DENIED;
#endif
    out_byte((USHORT)p[0], (UCHAR)p[1]);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) read_setting(registry_path)
RF_WDM_DRIVER(control)
