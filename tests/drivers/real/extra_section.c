// The operation stands in a section of its own that is writable and executable. Good: its port is constant.
#include "scaffold.h"

#pragma comment(linker, "/SECTION:.patch,ERW")
__attribute__((noinline, section(".patch"))) static VOID write_index(ULONG port, ULONG index, ULONG value) {
    out_byte((USHORT)port, (UCHAR)index);
    out_byte((USHORT)(port + 1), (UCHAR)value);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(12, 0);
#ifdef RF_GOOD
    write_index(0x2e, p[1], p[2]);
#else
    write_index(p[0], p[1], p[2]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
