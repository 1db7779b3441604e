// A register read behind an administrators' descriptor; without FILE_DEVICE_SECURE_OPEN any user comes in by a trailing name.
#ifdef RF_GOOD
#define RF_CHARACTERISTICS FILE_DEVICE_SECURE_OPEN
#else
#define RF_CHARACTERISTICS 0
#endif
#define RF_SDDL SDDL_ADMIN
#include "scaffold.h"
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
