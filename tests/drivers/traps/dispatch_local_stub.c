// A pointer to a stub in the driver is made with lea and called; the stub loads the registers and runs the sink.
#include "scaffold.h"

__attribute__((naked, noinline)) static VOID FASTCALL stub(ULONG *arguments) {
#ifdef RF_X86
    __asm__("pushal\n\tmovl %ecx, %esi\n\tmovl (%esi), %edx\n\tmovl 4(%esi), %eax\n\toutl %eax, %dx\n\tpopal\n\tret");
#else
    __asm__("pushq %rsi\n\tmovq %rcx, %rsi\n\tmovl (%rsi), %edx\n\tmovl 4(%rsi), %eax\n\toutl %eax, %dx\n\tpopq %rsi\n\tret");
#endif
}
RF_CONTROL {
    VOID(FASTCALL * volatile routine)(ULONG *) = stub;
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    p[0] = 0xb2;
#endif
    routine(p);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
