// Users may read the device, but the code needs write access. Good: the code asks for it. Bad: the code needs none.
#define RF_SDDL SDDL_ADMIN_USERS_READ
#include "scaffold.h"
#ifdef RF_GOOD
#define CODE RF_CODE(1, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#else
#define CODE RF_CODE(1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(CODE);
    RF_LENGTHS(4, 8);
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
