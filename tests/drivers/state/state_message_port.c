// One message leaves the port, another one writes to it. Good: one port.
#define RF_PORT_OPEN
#include "miniflt.h"
typedef struct { ULONG command, value; } message_t;
static volatile ULONG port;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    message_t copy;
    UNREFERENCED_PARAMETER(cookie);
    UNREFERENCED_PARAMETER(output);
    UNREFERENCED_PARAMETER(out_length);
    *returned = 0;
    if (input == NULL || in_length < sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        copy = *(volatile message_t *)input;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (copy.command == 0x101) {
        port = copy.value;
        return STATUS_SUCCESS;
    }
    if (copy.command != 0x102 || port == 0)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    out_byte(0x61, (UCHAR)copy.value);
#else
    out_byte((USHORT)port, (UCHAR)copy.value);
#endif
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
