// A message with a process number from anybody terminates it. Good: nobody but administrators connects.
#ifndef RF_GOOD
#define RF_PORT_OPEN
#endif
#include "miniflt.h"
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {0};
    HANDLE process;
    NTSTATUS status;
    *returned = 0;
    if (input == NULL || in_length < 4)
        return STATUS_INVALID_PARAMETER;
    __try {
        id.UniqueProcess = (HANDLE)(ULONG_PTR) * (volatile ULONG *)input;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenProcess(&process, PROCESS_TERMINATE, &attributes, &id);
    if (NT_SUCCESS(status)) {
        status = ZwTerminateProcess(process, 0);
        ZwClose(process);
    }
    return status;
}
RF_FLT_DRIVER(message)
