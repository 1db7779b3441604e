// A message has a command; one of three writes the port that it names. Good: one port.
#define RF_PORT_OPEN
#include "miniflt.h"
typedef struct { ULONG command, port, value; } message_t;
static volatile ULONG state;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    message_t copy;
    UNREFERENCED_PARAMETER(cookie); UNREFERENCED_PARAMETER(output); UNREFERENCED_PARAMETER(out_length);
    *returned = 0;
    if (input == NULL || in_length < sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        copy = *(volatile message_t *)input;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    switch (copy.command) {
    case 0x101:
        state = copy.value;
        return STATUS_SUCCESS;
    case 0x102:
        state = 0;
        return STATUS_SUCCESS;
    case 0x117:
#ifdef RF_GOOD
        out_byte(0x61, (UCHAR)copy.value);
#else
        out_byte((USHORT)copy.port, (UCHAR)copy.value);
#endif
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
RF_FLT_DRIVER(message)
