// Kernel memory is read for a product that checks the kernel's own code. Good: the address must lie in the first module. Bad: only its start
// is compared.
#include "scaffold.h"

typedef struct { PVOID section, mapped, base; ULONG size, flags; USHORT load, init, count, name; CHAR path[256]; } module_t;
typedef struct { ULONG count; module_t modules[1]; } modules_t;
static ULONG_PTR kernel_base;
static ULONG kernel_size;
static VOID find_kernel(VOID) {
    modules_t *list;
    ULONG needed = 0;
    ZwQuerySystemInformation(11, &needed, 0, &needed);
    if (needed == 0)
        return;
    list = ExAllocatePoolWithTag(NonPagedPoolNx, needed, 'dMfR');
    if (list == NULL)
        return;
    if (NT_SUCCESS(ZwQuerySystemInformation(11, list, needed, NULL))) {
        kernel_base = (ULONG_PTR)list->modules[0].base;
        kernel_size = list->modules[0].size;
    }
    ExFreePoolWithTag(list, 'dMfR');
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    ULONG_PTR address;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    address = (ULONG_PTR)p[0];
    if (kernel_base == 0 || address < kernel_base)
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    if (kernel_size < 8 || address - kernel_base > kernel_size - 8)
        return STATUS_ACCESS_DENIED;
#endif
    p[0] = *(volatile ULONG64 *)address;
    RF_ANSWER(8);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) find_kernel()
RF_WDM_DRIVER(control)
