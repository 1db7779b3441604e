// A caller's handle is taken with any type, from kernel mode, and used as an event. Good: type and mode are given.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PVOID event;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)p[0], 2, *ExEventObjectType, UserMode, &event, NULL);
#else
    status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)p[0], 0, NULL, KernelMode, &event, NULL);
#endif
    if (!NT_SUCCESS(status))
        return status;
    KeSetEvent(event, 0, FALSE);
    ObDereferenceObject(event);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
