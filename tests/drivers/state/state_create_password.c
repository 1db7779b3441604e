// Only an open by a certain name unlocks the register. Good: its number is the driver's.
#include "miniwdk.h"
DRIVER_DISPATCH open_named;
#define RF_CREATE open_named
#include "scaffold.h"
NTSTATUS NTAPI open_named(PDEVICE_OBJECT device, PIRP irp) {
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    UNREFERENCED_PARAMETER(device);
    if (file->FileName.Length != 4 * sizeof(WCHAR) || file->FileName.Buffer[0] != '\\' || file->FileName.Buffer[1] != 'm' ||
        file->FileName.Buffer[2] != 's' || file->FileName.Buffer[3] != 'r')
        return complete(irp, STATUS_ACCESS_DENIED, 0);
    file->FsContext = (PVOID)(ULONG_PTR)0x1234;
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    if (r->stack->FileObject->FsContext != (PVOID)(ULONG_PTR)0x1234)
        return STATUS_ACCESS_DENIED;
#ifdef RF_GOOD
    write_msr(0x1b0, p[1]);
#else
    write_msr((ULONG)p[0], p[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
