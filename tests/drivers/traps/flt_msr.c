// A message chooses a register. Good: a table of two.
#define RF_PORT_OPEN
#include "miniflt.h"
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    ULONG index;
    *returned = 0;
    if (input == NULL || in_length < 4 || output == NULL || out_length < 8)
        return STATUS_INVALID_PARAMETER;
    __try {
        index = *(volatile ULONG *)input;
#ifdef RF_GOOD
        if (index != 0xe7 && index != 0xe8)
            return STATUS_ACCESS_DENIED;
#endif
        *(volatile ULONG64 *)output = read_msr(index);
        *returned = 8;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
