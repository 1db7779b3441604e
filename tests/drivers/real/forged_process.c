// The caller's number becomes an EPROCESS that is opened. Good: the process is the one that sent the request, looked up by its id.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PEPROCESS process;
    HANDLE handle = NULL;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)IoGetRequestorProcessId(irp), &process);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle);
    ObDereferenceObject(process);
    if (NT_SUCCESS(status))
        ZwClose(handle);
    handle = NULL;
#else
    process = (PEPROCESS)(ULONG_PTR)p[0];
    status = ObOpenObjectByPointer(process, 0, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle);
#endif
    p[0] = (ULONG_PTR)handle;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
