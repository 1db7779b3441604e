// The caller names the service that ZwLoadDriver starts. Good: a constant one.
#include "scaffold.h"

typedef struct { WCHAR path[100]; } load_t;
RF_CONTROL {
    load_t *p = r->buffer;
    UNICODE_STRING name;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    p->path[99] = 0;
#ifdef RF_GOOD
    RtlInitUnicodeString(&name, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rfhelp");
#else
    RtlInitUnicodeString(&name, p->path);
#endif
    return ZwLoadDriver(&name);
}
RF_WDM_DRIVER(control)
