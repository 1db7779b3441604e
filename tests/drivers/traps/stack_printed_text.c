// The caller's text is printed into a local variable that is shorter than it may be. Good: the routine is told how long the variable is.
#include "scaffold.h"

RF_CONTROL {
    char *p = r->buffer;
    char text[64];
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    _snprintf(text, sizeof(text), "name %s", p);
    text[63] = 0;
#else
    sprintf(text, "name %s", p);
#endif
    DbgPrint("%s\n", text);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
