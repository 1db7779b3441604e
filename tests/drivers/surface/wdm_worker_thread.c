// Requests are queued in the device extension; a system thread, made at load, takes them out and tells the codes apart there.
#include "miniwdk.h"
typedef struct { LIST_ENTRY list; KSPIN_LOCK lock; KSEMAPHORE semaphore; HANDLE thread; ULONG value; } extension_t;
#define RF_EXTENSION extension_t
static NTSTATUS start_worker(struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = start_worker(device)
#include "scaffold.h"

static VOID process(extension_t *extension, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *buffer = irp->AssociatedIrp.SystemBuffer;
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        if (stack->Parameters.DeviceIoControl.InputBufferLength < 4)
            break;
        extension->value = buffer[0];
        complete(irp, STATUS_SUCCESS, 0);
        return;
    case IOCTL_B:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < 4)
            break;
        buffer[0] = extension->value;
        complete(irp, STATUS_SUCCESS, 4);
        return;
    }
    complete(irp, STATUS_INVALID_PARAMETER, 0);
}

static VOID NTAPI worker(PVOID context) {
    extension_t *extension = context;
    for (;;) {
        PLIST_ENTRY entry;
        KeWaitForSingleObject(&extension->semaphore, Executive, KernelMode, FALSE, NULL);
        entry = ExInterlockedRemoveHeadList(&extension->list, &extension->lock);
        if (entry == NULL)
            PsTerminateSystemThread(STATUS_SUCCESS);
        process(extension, CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry));
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
