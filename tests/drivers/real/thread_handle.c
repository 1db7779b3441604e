// A handle to the thread of the caller's choice is returned. Good: Windows checks the caller's rights.
#include "scaffold.h"

#define THREAD_ALL_ACCESS 0x1fffff
RF_CONTROL {
    ULONG *p = r->buffer;
    PETHREAD thread;
    HANDLE handle = NULL;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    status = PsLookupThreadByThreadId((HANDLE)(ULONG_PTR)p[0], &thread);
    if (!NT_SUCCESS(status))
        return status;
#ifdef RF_GOOD
    status = ObOpenObjectByPointer(thread, 0, NULL, THREAD_ALL_ACCESS, *PsThreadType, UserMode, &handle);
#else
    status = ObOpenObjectByPointer(thread, 0, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle);
#endif
    ObDereferenceObject(thread);
    *(ULONG64 *)r->buffer = (ULONG_PTR)handle;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
