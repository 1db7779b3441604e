// MmCopyVirtualMemory out of any process. Good: the process is the caller.
#include "scaffold.h"

typedef struct { ULONG64 process, address; } copy_t;
RF_CONTROL {
    copy_t *p = r->buffer;
    PEPROCESS process;
    SIZE_T done = 0;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 32);
#ifdef RF_GOOD
    if (p->address > max_user_address - 32)
        return STATUS_ACCESS_DENIED;
    process = IoGetCurrentProcess();
    status = MmCopyVirtualMemory(process, (PVOID)(ULONG_PTR)p->address, process, p, 32, KernelMode, &done);
#else
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)p->process, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = MmCopyVirtualMemory(process, (PVOID)(ULONG_PTR)p->address, IoGetCurrentProcess(), p, 32, KernelMode, &done);
    ObDereferenceObject(process);
#endif
    r->information = done;
    return status;
}
RF_WDM_DRIVER(control)
