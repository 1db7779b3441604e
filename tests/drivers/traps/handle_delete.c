// A registry key is deleted through the handle that the caller names: the kernel does not ask what the caller may do with it. Good:
// the handle is turned into a reference with the caller's rights first, and the driver deletes through a handle of its own.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    HANDLE handle;
    PVOID key;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    handle = (HANDLE)(ULONG_PTR)p[0];
#ifdef RF_GOOD
    status = ObReferenceObjectByHandle(handle, DELETE, *CmKeyObjectType, UserMode, &key, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(key, OBJ_KERNEL_HANDLE, NULL, DELETE, *CmKeyObjectType, KernelMode, &handle);
    ObDereferenceObject(key);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwDeleteKey(handle);
    ZwClose(handle);
#else
    UNREFERENCED_PARAMETER(key);
    status = ZwDeleteKey(handle);
#endif
    return status;
}
RF_WDM_DRIVER(control)
