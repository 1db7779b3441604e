// Good: a call through a table of routines that another component filled at boot looks alike. Bad: the table's address is the caller's.
#include "scaffold.h"

typedef struct { ULONG size; ULONG(NTAPI *run)(ULONG); } interface_t;
static interface_t *board;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    interface_t *interface_table;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 4);
#ifdef RF_GOOD
    interface_table = board;
#else
    interface_table = board ? (interface_t *)(ULONG_PTR)p[0] : NULL;
#endif
    if (interface_table == NULL)
        return STATUS_UNSUCCESSFUL;
    *(ULONG *)p = interface_table->run((ULONG)p[1]);
    RF_ANSWER(4);
}
static VOID find_board(VOID) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"HalPrivateDispatchTable");
    board = MmGetSystemRoutineAddress(&name);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) find_board()
RF_WDM_DRIVER(control)
