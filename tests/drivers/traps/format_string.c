// The caller's text is the format. Good: it is an argument.
#include "scaffold.h"

RF_CONTROL {
    char *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    p[r->in_length - 1] = 0;
#ifdef RF_GOOD
    DbgPrint("%s\n", p);
#else
    DbgPrint(p);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
