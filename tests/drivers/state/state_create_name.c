// The number in the name that was opened chooses the register later. Good: it is not used.
#include "miniwdk.h"
DRIVER_DISPATCH open_named;
#define RF_CREATE open_named
#include "scaffold.h"
NTSTATUS NTAPI open_named(PDEVICE_OBJECT device, PIRP irp) {
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    ULONG_PTR number = 0;
    for (ULONG i = 1; i < file->FileName.Length / sizeof(WCHAR); i++)
        number = number * 16 + ((file->FileName.Buffer[i] & 15) + (file->FileName.Buffer[i] > '9' ? 9 : 0));
    file->FsContext2 = (PVOID)number;
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(0, 8);
#ifdef RF_GOOD
    *(ULONG64 *)r->buffer = read_msr(0xfe) + ((ULONG_PTR)r->stack->FileObject->FsContext2 & 0);
#else
    *(ULONG64 *)r->buffer = read_msr((ULONG)(ULONG_PTR)r->stack->FileObject->FsContext2);
#endif
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
