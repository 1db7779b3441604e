// The pointer in the buffer is followed after a probe of the buffer only. Good: the pointer is probed itself.
#include "scaffold.h"

typedef struct { ULONG64 target; ULONG value; } embedded_t;
RF_CONTROL {
    embedded_t *p = r->buffer;
    volatile ULONG *target;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    target = (volatile ULONG *)(ULONG_PTR)p->target;
    __try {
#ifdef RF_GOOD
        ProbeForWrite((PVOID)target, 4, 4);
#else
        if (r->in_length == 0)
            ProbeForWrite(p, sizeof(*p), 4);
#endif
        *target = p->value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
