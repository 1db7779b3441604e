// Three requests: one sets the source, one the length, the third copies. Good: the source is the driver's.
#include "scaffold.h"

static volatile ULONG64 source;
static volatile ULONG length;
static UCHAR own[64];
RF_CONTROL {
    ULONG64 *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A: RF_LENGTHS(8, 0); source = p[0]; return STATUS_SUCCESS;
    case IOCTL_B: RF_LENGTHS(8, 0); length = (ULONG)p[0]; return STATUS_SUCCESS;
    case IOCTL_C:
        if (length > r->out_length || length > sizeof(own))
            return STATUS_BUFFER_TOO_SMALL;
        r->information = length;
#ifdef RF_GOOD
        memcpy(p, own, r->information);
#else
        memcpy(p, (PVOID)(ULONG_PTR)source, r->information);
#endif
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
