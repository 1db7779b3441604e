// A driver that hooks: it switches write protection off, maps a routine of the kernel as data, and runs bytes out of pool memory.
// Good: none of it.
#define RF_SDDL SDDL_ADMIN
#include "scaffold.h"

static volatile ULONG_PTR slot;
static VOID unprotect(VOID) {
#ifndef RF_GOOD
    ULONG_PTR cr0 = read_cr0();
    write_cr0(cr0 & ~(ULONG_PTR)0x10000);
    slot = 1;
    write_cr0(cr0);
#else
    slot = 1;
#endif
}
static VOID patch(VOID) {
#ifndef RF_GOOD
    PMDL mdl = IoAllocateMdl((PVOID)KeBugCheckEx, 16, FALSE, FALSE, NULL);
    PUCHAR alias;
    if (mdl == NULL)
        return;
    MmBuildMdlForNonPagedPool(mdl);
    alias = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, NULL, FALSE, 0x40000010);
    if (alias != NULL)
        *(volatile UCHAR *)alias = 0xc3;
    IoFreeMdl(mdl);
#endif
}
static VOID run_bytes(VOID) {
#ifndef RF_GOOD
    VOID(NTAPI * stub)(VOID) = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'dMfR');
    if (stub == NULL)
        return;
    memset((PVOID)stub, 0xc3, 16);
    stub();
#endif
}
RF_CONTROL {
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A: unprotect(); return STATUS_SUCCESS;
    case IOCTL_B: patch(); return STATUS_SUCCESS;
    case IOCTL_C: run_bytes(); return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
