// unit * count in 32 bits, then count units are written. Good: count has a limit.
#include "scaffold.h"

typedef struct { ULONG count; ULONG value; } request_units_t;
RF_CONTROL {
    request_units_t *p = r->buffer;
    ULONG64 *block;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->count > 4096)
        return STATUS_INVALID_PARAMETER;
#endif
    block = ExAllocatePoolWithTag(NonPagedPoolNx, p->count * (ULONG)sizeof(*block), DRIVER_TAG);
    if (block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < p->count; i++)
        block[i] = p->value;
    ExFreePoolWithTag(block, DRIVER_TAG);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
