// Four bytes are written, Information says all of the output. Good: it says four.
#include "scaffold.h"

RF_CONTROL {
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(0, 4);
    *(ULONG *)r->buffer = 0x10002;
#ifdef RF_GOOD
    RF_ANSWER(4);
#else
    RF_ANSWER(r->out_length);
#endif
}
RF_WDM_DRIVER(control)
