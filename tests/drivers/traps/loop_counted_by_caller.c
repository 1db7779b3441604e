// One result for each command of a batch is written into its slot; the caller says how many commands there are. Good: no more than slots.
#include "scaffold.h"

typedef struct { ULONG count, value; ULONG64 results[16]; } batch_t;
RF_CONTROL {
    batch_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->count > 16)
        return STATUS_INVALID_PARAMETER;
#endif
    for (ULONG i = 0; i < p->count; i++)
        ((volatile ULONG64 *)p->results)[i] = (ULONG64)p->value + i;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
