// A handler that waits, a millisecond at a time, for what another thread does, before it writes the port. Nobody else runs where
// one path is followed: the wait has no end there, and the paths that do not wait must get their turn.
#include "scaffold.h"
static volatile LONG is_busy;

static __attribute__((noinline)) VOID enter(VOID) {
    LARGE_INTEGER delay;
    delay.QuadPart = -10000;
    while (__sync_val_compare_and_swap(&is_busy, 0, 1) != 0)
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(8, 0);
        enter();
        if (p[1] > 0xff) { // bad, too: never left again
            enter();
            out_byte(0x80, 0);
        }
#ifdef RF_GOOD
        out_byte(0x70, (UCHAR)p[1]);
#else
        out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
        is_busy = 0;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
