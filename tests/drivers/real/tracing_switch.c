// Names of codes in a tracing switch are no codes: only one of them is handled. Good: the port is constant.
#include "scaffold.h"

static const CHAR *name_of(ULONG code) {
    switch (code) {
    case IOCTL_A: return "IOCTL_FAN_WRITE";
    case IOCTL_B: return "IOCTL_FAN_READ_OLD";
    case IOCTL_C: return "IOCTL_FAN_CALIBRATE_OLD";
    case IOCTL_D: return "IOCTL_FAN_RESET_OLD";
    case IOCTL_NEITHER: return "IOCTL_FAN_EVENT_OLD";
    default: return "unknown";
    }
}
RF_CONTROL {
    ULONG *p = r->buffer;
    DbgPrint("fan: %s, %u bytes\n", name_of(RF_CONTROL_CODE(r)), r->in_length);
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p[1] > 100)
        return STATUS_INVALID_PARAMETER;
    out_byte(0x62, (UCHAR)p[1]);
#else
    out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
