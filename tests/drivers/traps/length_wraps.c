// out_length - 8 wraps for short outputs. Good: the length is tested first.
#include "scaffold.h"

RF_CONTROL {
    PUCHAR p = r->buffer;
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    if (r->out_length < 8)
        return STATUS_BUFFER_TOO_SMALL;
#endif
    memset(p + 8, 0x20, r->out_length - 8);
    RF_ANSWER(r->out_length);
}
RF_WDM_DRIVER(control)
