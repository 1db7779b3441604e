// The request waits in a list; a system thread runs the sink.
#include "miniwdk.h"
typedef struct { LIST_ENTRY list; KSPIN_LOCK lock; KSEMAPHORE semaphore; HANDLE thread; } extension_t;
#define RF_EXTENSION extension_t
static NTSTATUS start_worker(struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = start_worker(device)
#include "scaffold.h"
static VOID NTAPI worker(PVOID context) {
    extension_t *extension = context;
    for (;;) {
        PLIST_ENTRY entry;
        PIRP irp;
        PIO_STACK_LOCATION stack;
        ULONG *p;
        KeWaitForSingleObject(&extension->semaphore, Executive, KernelMode, FALSE, NULL);
        entry = ExInterlockedRemoveHeadList(&extension->list, &extension->lock);
        if (entry == NULL)
            continue;
        irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        stack = IoGetCurrentIrpStackLocation(irp);
        p = irp->AssociatedIrp.SystemBuffer;
        if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 16) {
            complete(irp, STATUS_INVALID_PARAMETER, 0);
            continue;
        }
#ifdef RF_GOOD
        write_msr(0x1a0, p[2] & 1);
#else
        write_msr(p[0], p[2]);
#endif
        complete(irp, STATUS_SUCCESS, 0);
    }
}
static NTSTATUS start_worker(PDEVICE_OBJECT device) {
    extension_t *extension = device->DeviceExtension;
    extension->list.Flink = extension->list.Blink = &extension->list;
    KeInitializeSpinLock(&extension->lock);
    KeInitializeSemaphore(&extension->semaphore, 0, 0x7fffffff);
    return PsCreateSystemThread(&extension->thread, 0, NULL, NULL, NULL, worker, extension);
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    IoMarkIrpPending(irp);
    ExInterlockedInsertTailList(&extension->list, &irp->Tail.Overlay.ListEntry, &extension->lock);
    KeReleaseSemaphore(&extension->semaphore, 0, 1, FALSE);
    return STATUS_PENDING;
}
RF_WDM_ENTRY(dispatch)
