// The process is looked up and found unprotected, its reference dropped, and the number used again. Good: what is checked is what is terminated, and it is the caller.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {0};
    PEPROCESS process;
    HANDLE handle;
    BOOLEAN refused;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 0);
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)p[0], &process);
    if (!NT_SUCCESS(status))
        return status;
    refused = PsIsProtectedProcess(process);
#ifdef RF_GOOD
    if (!refused && process == IoGetRequestorProcess(irp)) {
        status = ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_TERMINATE, *PsProcessType, KernelMode, &handle);
        ObDereferenceObject(process);
        if (!NT_SUCCESS(status))
            return status;
        ZwTerminateProcess(handle, 0);
        ZwClose(handle);
        return STATUS_SUCCESS;
    }
    ObDereferenceObject(process);
    return STATUS_ACCESS_DENIED;
#else
    ObDereferenceObject(process);
    if (refused)
        return STATUS_ACCESS_DENIED;
    id.UniqueProcess = (HANDLE)(ULONG_PTR)p[0];
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenProcess(&handle, PROCESS_TERMINATE, &attributes, &id);
    if (NT_SUCCESS(status)) {
        status = ZwTerminateProcess(handle, 0);
        ZwClose(handle);
    }
    return status;
#endif
}
RF_WDM_DRIVER(control)
