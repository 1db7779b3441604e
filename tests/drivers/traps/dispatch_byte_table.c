// A table of bytes selects an entry of a table of offsets, both in .text: as one well-known compiler writes sparse switches.
#include "scaffold.h"

__attribute__((naked, noinline)) static ULONG FASTCALL select_case(ULONG code, ULONG unused) {
#ifdef RF_X86
    __asm__("addl $0x63bfdffc, %ecx\n\tcmpl $16, %ecx\n\tja 4f\n\tmovzbl 6f(%ecx), %eax\n\tjmp *5f(,%eax,4)\n"
            "1:\tmovl $1, %eax\n\tret\n2:\tmovl $2, %eax\n\tret\n3:\tmovl $3, %eax\n\tret\n4:\txorl %eax, %eax\n\tret\n"
            "\t.p2align 2\n5:\t.long 1b, 2b, 3b, 4b\n6:\t.byte 0,3,3,3,1,3,3,3,3,3,3,3,2,3,3,3,3\n");
#else
    __asm__("addl $0x63bfdffc, %ecx\n\tcmpl $16, %ecx\n\tja 4f\n\tleaq 5f(%rip), %rdx\n\tmovl %ecx, %ecx\n\tmovzbl 6f-5f(%rdx,%rcx), %eax\n"
            "\tmovslq (%rdx,%rax,4), %rcx\n\taddq %rdx, %rcx\n\tjmp *%rcx\n"
            "1:\tmovl $1, %eax\n\tret\n2:\tmovl $2, %eax\n\tret\n3:\tmovl $3, %eax\n\tret\n4:\txorl %eax, %eax\n\tret\n"
            "\t.p2align 2\n5:\t.long 1b-5b, 2b-5b, 3b-5b, 4b-5b\n6:\t.byte 0,3,3,3,1,3,3,3,3,3,3,3,2,3,3,3,3\n");
#endif
}
RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG which = select_case(RF_CONTROL_CODE(r), 0);
    if (which == 0)
        return STATUS_INVALID_DEVICE_REQUEST;
    RF_LENGTHS(8, 8);
    if (which == 1) {
#ifdef RF_GOOD
        *(ULONG64 *)p = read_msr(0x1b);
#else
        *(ULONG64 *)p = read_msr(p[0]);
#endif
        RF_ANSWER(8);
    }
    if (which == 3)
        p[0] = in_byte(0x61);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
