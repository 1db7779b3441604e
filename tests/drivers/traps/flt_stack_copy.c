// The message is copied to the stack with its own length. Good: with the smaller one.
#define RF_PORT_OPEN
#include "miniflt.h"
static volatile ULONG sum;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    UCHAR copy[80];
    *returned = 0;
    if (input == NULL)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    if (in_length > sizeof(copy))
        return STATUS_INVALID_PARAMETER;
#endif
    __try {
        memcpy(copy, input, in_length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    sum += copy[0] + copy[79];
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
