// The caller's number is dereferenced as an object. Good: it is looked up as a handle of the caller's first.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PVOID object;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)p[0], SYNCHRONIZE, *ExEventObjectType, UserMode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
#else
    object = (PVOID)(ULONG_PTR)p[0];
#endif
    ObDereferenceObject(object);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
