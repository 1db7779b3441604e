// The caller's process id is opened from kernel mode and terminated. Good: the id must be the caller's own.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {0};
    HANDLE process;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 0);
    id.UniqueProcess = (HANDLE)(ULONG_PTR)p[0];
#ifdef RF_GOOD
    if (id.UniqueProcess != PsGetCurrentProcessId())
        return STATUS_ACCESS_DENIED;
#endif
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenProcess(&process, PROCESS_TERMINATE, &attributes, &id);
    if (NT_SUCCESS(status)) {
        status = ZwTerminateProcess(process, 0);
        ZwClose(process);
    }
    return status;
}
RF_WDM_DRIVER(control)
