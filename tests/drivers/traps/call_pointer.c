// A call through the caller's pointer. Good: the caller's number selects one of two routines.
#include "scaffold.h"

typedef ULONG(NTAPI *routine_t)(ULONG);
static ULONG NTAPI twice(ULONG x) { return x * 2; }
static ULONG NTAPI thrice(ULONG x) { return x * 3; }
RF_CONTROL {
    ULONG64 *p = r->buffer;
    routine_t routine;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 4);
#ifdef RF_GOOD
    routine = (p[0] & 1) ? twice : thrice;
#else
    routine = (routine_t)(ULONG_PTR)p[0];
#endif
    *(ULONG *)p = routine((ULONG)p[1]);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
