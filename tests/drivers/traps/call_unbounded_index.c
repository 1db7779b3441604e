// The caller's number indexes a table of routines without a bound. Good: with.
#include "scaffold.h"

typedef ULONG(NTAPI *routine_t)(ULONG);
static ULONG NTAPI first(ULONG x) { return x + 1; }
static ULONG NTAPI second(ULONG x) { return x + 2; }
static ULONG NTAPI third(ULONG x) { return x ^ 3; }
static routine_t volatile table[3] = {first, second, third};
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
#ifdef RF_GOOD
    if (p[0] >= 3)
        return STATUS_INVALID_PARAMETER;
#endif
    p[0] = table[p[0]](p[1]);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
