// A string move with the caller's source, destination and count. Good: it stays in a global buffer.
#include "scaffold.h"

static UCHAR store[256];
typedef struct { ULONG64 source, target; ULONG count, pad; } move_t;
RF_CONTROL {
    move_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->count > sizeof(store) || p->source > sizeof(store) - p->count || p->target > sizeof(store) - p->count)
        return STATUS_INVALID_PARAMETER;
    copy_bytes(store + p->target, store + p->source, p->count);
#else
    copy_bytes((PVOID)(ULONG_PTR)p->target, (PVOID)(ULONG_PTR)p->source, p->count);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
