// One request looks a process up and keeps it, another opens it for the caller. Good: the kept one is the caller.
#include "scaffold.h"

static PEPROCESS target;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    HANDLE handle = NULL;
    NTSTATUS status;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(8, 0);
#ifdef RF_GOOD
        target = IoGetRequestorProcess(irp);
        return STATUS_SUCCESS;
#else
        return PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)p[0], &target);
#endif
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(0, 8);
    if (target == NULL)
        return STATUS_UNSUCCESSFUL;
    status = ObOpenObjectByPointer(target, 0, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle);
    p[0] = (ULONG_PTR)handle;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
