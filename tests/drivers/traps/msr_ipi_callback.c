// The sink is in the routine that runs on every processor. Good: it reads one register.
#include "scaffold.h"

typedef struct { ULONG index, low, high; } argument_t;
static ULONG_PTR NTAPI on_each(ULONG_PTR context) {
    argument_t *a = (argument_t *)context;
#ifdef RF_GOOD
    ULONG64 value = read_msr(0x10);
#else
    ULONG64 value = read_msr(a->index);
#endif
    a->low = (ULONG)value;
    a->high = (ULONG)(value >> 32);
    return 0;
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(argument_t), sizeof(argument_t));
    KeIpiGenericCall(on_each, (ULONG_PTR)r->buffer);
    RF_ANSWER(sizeof(argument_t));
}
RF_WDM_DRIVER(control)
