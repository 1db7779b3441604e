// Cache control around memory type registers: the control registers get the processor's own values, only the register's number may be
// the caller's. Good: the number is one of sixteen.
#include "scaffold.h"

typedef struct { ULONG index; ULONG reserved; ULONG64 value; } mtrr_t;
static ULONG_PTR NTAPI on_each_processor(ULONG_PTR context) {
    const mtrr_t *request = (const mtrr_t *)context;
    ULONG_PTR cr0 = read_cr0(), cr4 = read_cr4();
    write_cr4(cr4 & ~(ULONG_PTR)0x80);
    write_cr0(cr0 | 0x40000000);
    __asm__ volatile("wbinvd" : : : "memory");
#ifdef RF_GOOD
    write_msr(0x200 + (request->index & 15), request->value);
#else
    write_msr(request->index, request->value);
#endif
    __asm__ volatile("wbinvd" : : : "memory");
    write_cr0(cr0);
    write_cr4(cr4);
    return 0;
}
RF_CONTROL {
    mtrr_t copy;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(copy), 0);
    copy = *(mtrr_t *)r->buffer;
    KeIpiGenericCall(on_each_processor, (ULONG_PTR)&copy);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
