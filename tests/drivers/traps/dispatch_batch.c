// The buffer is a list of typed entries that a loop interprets.
#include "scaffold.h"

typedef struct { ULONG kind, a, b; } step_t;
static volatile ULONG accumulator;
RF_CONTROL {
    step_t *p = r->buffer;
    ULONG count;
    RF_ONLY(IOCTL_A);
    count = r->in_length / sizeof(*p);
    for (ULONG i = 0; i < count; i++) {
        switch (p[i].kind) {
        case 'R': accumulator = 0; break;
        case 'A': accumulator += p[i].a; break;
#ifndef RF_GOOD
        case 'W': write_msr(p[i].a, p[i].b); break;
#else
        case 'W': write_msr(0x199, p[i].b & 0xff); break;
#endif
        case 'D': KeStallExecutionProcessor(p[i].a & 15); break;
        default: return STATUS_INVALID_PARAMETER;
        }
    }
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
