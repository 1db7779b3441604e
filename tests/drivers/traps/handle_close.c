// Any handle of the current process is closed from kernel mode. Good: the handle that the driver made.
#include "scaffold.h"

static HANDLE own;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (own == NULL)
        return STATUS_INVALID_HANDLE;
    ZwClose(own);
    own = NULL;
    return STATUS_SUCCESS;
#else
    return ZwClose((HANDLE)(ULONG_PTR)p[0]);
#endif
}
static VOID open_own(VOID) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwOpenKey(&own, KEY_READ, &attributes);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) open_own()
RF_WDM_DRIVER(control)
