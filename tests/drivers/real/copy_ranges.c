// A copy between two addresses of the request. Good: both ends of both ranges are the user's. Bad: the source is checked, the target is not.
#include "scaffold.h"

typedef struct { ULONG64 target, source; ULONG length, reserved; } copy_t;
static BOOLEAN is_user(ULONG64 address, ULONG length) { return length != 0 && length <= 0x10000 && address <= max_user_address - length; }
RF_CONTROL {
    copy_t copy;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(copy), 0);
    copy = *(copy_t *)r->buffer;
    if (!is_user(copy.source, copy.length))
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    if (!is_user(copy.target, copy.length))
        return STATUS_ACCESS_DENIED;
#endif
    __try {
        copy_bytes((PVOID)(ULONG_PTR)copy.target, (PVOID)(ULONG_PTR)copy.source, copy.length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
