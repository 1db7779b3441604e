// The caller's number is signalled as an event. Good: the event comes from a handle of the caller's.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PVOID event;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)p[0], 2, *ExEventObjectType, UserMode, &event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    KeSetEvent(event, 0, FALSE);
    ObDereferenceObject(event);
#else
    KeSetEvent((PKEVENT)(ULONG_PTR)p[0], 0, FALSE);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
