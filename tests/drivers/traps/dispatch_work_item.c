// The buffer is handed to a work item; the request is completed there.
#include "scaffold.h"

typedef struct { PIO_WORKITEM item; PIRP irp; } work_t;
static VOID NTAPI on_work(PDEVICE_OBJECT device, PVOID context) {
    work_t *work = context;
    ULONG *p = work->irp->AssociatedIrp.SystemBuffer;
#ifdef RF_GOOD
    *(ULONG64 *)p = read_msr(0xce);
#else
    *(ULONG64 *)p = read_msr(p[0]);
#endif
    complete(work->irp, STATUS_SUCCESS, 8);
    IoFreeWorkItem(work->item);
    ExFreePoolWithTag(work, DRIVER_TAG);
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    work_t *work;
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 8 ||
        stack->Parameters.DeviceIoControl.OutputBufferLength < 8)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*work), DRIVER_TAG);
    if (work == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    work->irp = irp;
    work->item = IoAllocateWorkItem(device);
    IoMarkIrpPending(irp);
    IoQueueWorkItem(work->item, on_work, DelayedWorkQueue, work);
    return STATUS_PENDING;
}
RF_WDM_ENTRY(dispatch)
