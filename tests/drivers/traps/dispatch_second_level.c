// One code, fifty functions in the buffer; one of them is the sink.
#include "scaffold.h"

typedef struct { ULONG function, port, value; } call_t;
static volatile ULONG state[64];
RF_CONTROL {
    call_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), sizeof(*p));
    r->information = sizeof(*p);
    switch (p->function) {
#define STEP(n) case n: state[n] += p->value ^ (n * 77u); return STATUS_SUCCESS;
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)
    STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15) STEP(16) STEP(17) STEP(18) STEP(19)
    STEP(20) STEP(21) STEP(22) STEP(23) STEP(24) STEP(25) STEP(26) STEP(27) STEP(28) STEP(29)
    case 37:
#ifdef RF_GOOD
        p->value = in_dword(0x408);
#else
        p->value = in_dword((USHORT)p->port);
#endif
        return STATUS_SUCCESS;
    STEP(40) STEP(41) STEP(42) STEP(43) STEP(44) STEP(45) STEP(46) STEP(47) STEP(48) STEP(49)
    default: return STATUS_NOT_SUPPORTED;
    }
}
RF_WDM_DRIVER(control)
