// A handler that knows its command by a name, which a routine of its own compares letter by letter. Every letter is one more round of
// a loop over the caller's bytes.
#include "scaffold.h"
static const char peek_name[] = "query-version", poke_name[] = "write-register";

static __attribute__((noinline)) BOOLEAN is_name(const char *text, const char *name) {
    for (; *name != 0; ++text, ++name)
        if (*text != *name)
            return FALSE;
    return TRUE;
}
RF_CONTROL {
    const char *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(32, 0);
    if (is_name(p, peek_name))
        return STATUS_SUCCESS;
    if (!is_name(p, poke_name))
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    out_byte(0x70, (UCHAR)p[20]);
#else
    out_byte(*(const USHORT *)(p + 16), (UCHAR)p[20]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
