// A path in the message is deleted from kernel mode. Good: a constant.
#define RF_PORT_OPEN
#include "miniflt.h"
typedef struct { WCHAR path[64]; } path_t;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    path_t copy;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    *returned = 0;
    if (input == NULL || in_length < sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        memcpy(&copy, input, sizeof(copy));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    copy.path[63] = 0;
#ifdef RF_GOOD
    RtlInitUnicodeString(&name, L"\\SystemRoot\\Temp\\quarantine.tmp");
#else
    RtlInitUnicodeString(&name, copy.path);
#endif
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwDeleteFile(&attributes);
}
RF_FLT_DRIVER(message)
