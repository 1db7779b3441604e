// Good: the length is exactly the structure's. Bad: input and output are compared with each other only.
#include "scaffold.h"

typedef struct { ULONG version, flags; UCHAR name[48]; ULONG64 cookie; } settings_t;
static settings_t current;
RF_CONTROL {
    settings_t copy;
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    if (r->in_length != sizeof(copy) || r->out_length != sizeof(copy))
        return STATUS_INVALID_PARAMETER;
#else
    if (r->in_length != r->out_length || r->in_length == 0)
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(&copy, r->buffer, r->in_length);
    if (copy.version != 2)
        return STATUS_INVALID_PARAMETER;
    current = copy;
    RF_ANSWER(r->out_length);
}
RF_WDM_DRIVER(control)
