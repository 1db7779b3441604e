// Attach to the caller's process number and store through its address. Good: attach is refused but for the caller, the address must be the user's.
#include "scaffold.h"

typedef struct { ULONG64 process, address, value; } write_t;
RF_CONTROL {
    write_t copy;
    PEPROCESS process;
    KAPC_STATE state;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(copy), 0);
    copy = *(write_t *)r->buffer;
#ifdef RF_GOOD
    copy.process = (ULONG_PTR)PsGetCurrentProcessId();
    if (copy.address > max_user_address - 8)
        return STATUS_ACCESS_DENIED;
#endif
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)copy.process, &process);
    if (!NT_SUCCESS(status))
        return status;
    KeStackAttachProcess(process, &state);
    __try {
        *(volatile ULONG64 *)(ULONG_PTR)copy.address = copy.value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = STATUS_ACCESS_VIOLATION;
    }
    KeUnstackDetachProcess(&state);
    ObDereferenceObject(process);
    return status;
}
RF_WDM_DRIVER(control)
