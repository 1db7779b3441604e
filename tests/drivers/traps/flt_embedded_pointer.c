// The message holds an address that is written through. Good: it is probed.
#define RF_PORT_OPEN
#include "miniflt.h"
typedef struct { ULONG64 address; ULONG value; } write_t;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    write_t copy;
    *returned = 0;
    if (input == NULL || in_length < sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        memcpy(&copy, input, sizeof(copy));
#ifdef RF_GOOD
        ProbeForWrite((PVOID)(ULONG_PTR)copy.address, 4, 4);
#endif
        *(volatile ULONG *)(ULONG_PTR)copy.address = copy.value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
