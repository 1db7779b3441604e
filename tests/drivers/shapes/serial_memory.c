// A serial memory behind the caller's ports takes an address of six or eight bits, as it says itself: a loop whose rounds no
// constant counts, yet there are never less than six. What follows it must not be lost. Good: the ports of one adapter.
#include "scaffold.h"

static __attribute__((noinline)) VOID send_bits(USHORT port, ULONG value, ULONG bits) {
    for (ULONG mask = 1u << ((bits - 1) & 31); mask >= 1; mask >>= 1) {
        out_byte(port, value & mask ? 2 : 0);
        out_byte(port, value & mask ? 3 : 1);
    }
}
RF_CONTROL {
    ULONG *p = r->buffer;
    USHORT base;
    ULONG bits;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
#ifdef RF_GOOD
    base = 0x300;
#else
    base = (USHORT)p[0];
#endif
    bits = in_byte(0x308) & 0x40 ? 8 : 6;
    send_bits(base, p[1], bits);
    *(ULONG *)r->buffer = in_dword((USHORT)(base + 4));
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
