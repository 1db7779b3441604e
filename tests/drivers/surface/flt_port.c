// A minifilter with a communication port: administrators only, or (RF_PORT_OPEN) anybody. Two commands in the message.
#include "miniflt.h"

typedef struct { ULONG command, value; } message_t;
static volatile ULONG state;

static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    message_t copy;
    UNREFERENCED_PARAMETER(cookie);
    *returned = 0;
    if (input == NULL || in_length < sizeof(message_t))
        return STATUS_INVALID_PARAMETER;
    __try {
        copy = *(volatile message_t *)input;
        if (copy.command == 1) {
            state = copy.value;
        } else if (copy.command == 2 && output != NULL && out_length >= 4) {
            *(volatile ULONG *)output = state;
            *returned = 4;
        } else {
            return STATUS_INVALID_PARAMETER;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
