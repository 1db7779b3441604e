// A command for the firmware goes to the SMI port with registers of the caller's. Good: one of two commands, without arguments of his.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG command, argument;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
    command = p[0];
    argument = p[1];
#ifdef RF_GOOD
    if (command != 0x52 && command != 0x53)
        return STATUS_INVALID_PARAMETER;
    argument = 0;
#endif
    __asm__ volatile("outb %b0, $0xb2" : "+a"(command), "+c"(argument) : : "memory");
    p[0] = command & 0xff;
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
