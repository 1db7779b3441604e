// A 64-bit product decides the allocation. Good: its overflow is tested (umulh on ARM64, mul's carry on x64).
#include "scaffold.h"

typedef struct { ULONG64 count, unit; } product_t;
RF_CONTROL {
    product_t *p = r->buffer;
    ULONG64 size, count;
    PUCHAR block;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    count = p->count;
#ifdef RF_GOOD
    if (__builtin_mul_overflow(count, p->unit, &size) || size > 0x100000 || p->unit == 0)
        return STATUS_INVALID_PARAMETER;
#else
    size = count * p->unit;
    if (size > 0x100000 || p->unit == 0)
        return STATUS_INVALID_PARAMETER;
#endif
    block = ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)size, DRIVER_TAG);
    if (block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG64 i = 0; i < count; i++)
        block[i * p->unit] = 0x5a;
    ExFreePoolWithTag(block, DRIVER_TAG);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
