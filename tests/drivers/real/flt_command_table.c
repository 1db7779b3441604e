// A security product's port: a header with command and size, a table of handlers. Good: ending a process is for the product's own client only.
#define RF_PORT_OPEN
#include "miniflt.h"

typedef struct { ULONG command, size; } header_t;
typedef struct { header_t header; ULONG process, reason; } kill_t;
typedef struct { header_t header; ULONG level; } level_t;
typedef NTSTATUS (*handler_t)(const header_t *header);
static ULONG log_level;
static NTSTATUS set_level(const header_t *header) {
    const level_t *request = (const level_t *)header;
    if (header->size < sizeof(*request) || request->level > 5)
        return STATUS_INVALID_PARAMETER;
    log_level = request->level;
    return STATUS_SUCCESS;
}
static NTSTATUS end_process(const header_t *header) {
    const kill_t *request = (const kill_t *)header;
    PEPROCESS process;
    HANDLE handle;
    NTSTATUS status;
    if (header->size < sizeof(*request))
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    status = PsLookupProcessByProcessId(PsGetCurrentProcessId(), &process);
#else
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)request->process, &process);
#endif
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_TERMINATE, *PsProcessType, KernelMode, &handle);
    if (NT_SUCCESS(status)) {
        status = ZwTerminateProcess(handle, (NTSTATUS)request->reason);
        ZwClose(handle);
    }
    ObDereferenceObject(process);
    return status;
}
static const handler_t handlers[] = {set_level, end_process};
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    UCHAR copy[64];
    header_t *header = (header_t *)copy;
    UNREFERENCED_PARAMETER(cookie); UNREFERENCED_PARAMETER(output); UNREFERENCED_PARAMETER(out_length);
    *returned = 0;
    if (input == NULL || in_length < sizeof(header_t) || in_length > sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        memcpy(copy, input, in_length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (header->size > in_length || header->command >= sizeof(handlers) / sizeof(handlers[0]))
        return STATUS_INVALID_PARAMETER;
    return handlers[header->command](header);
}
RF_FLT_DRIVER(message)
