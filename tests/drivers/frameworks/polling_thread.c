// Requests wait in a list; a thread looks for them every few milliseconds, nobody signals it. Good: one port.
#include "miniwdk.h"
typedef struct { LIST_ENTRY list; KSPIN_LOCK lock; HANDLE thread; } extension_t;
#define RF_EXTENSION extension_t
static NTSTATUS start_worker(struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = start_worker(device)
#include "scaffold.h"

static VOID process(PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A || stack->Parameters.DeviceIoControl.InputBufferLength < 8) {
        complete(irp, STATUS_INVALID_PARAMETER, 0);
        return;
    }
#ifdef RF_GOOD
    out_byte(0x71, (UCHAR)p[1]);
#else
    out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
    complete(irp, STATUS_SUCCESS, 0);
}
static VOID NTAPI worker(PVOID context) {
    extension_t *extension = context;
    LARGE_INTEGER delay;
    delay.QuadPart = -50000;
    for (;;) {
        PLIST_ENTRY entry;
        while ((entry = ExInterlockedRemoveHeadList(&extension->list, &extension->lock)) != NULL)
            process(CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry));
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
    }
}
static NTSTATUS start_worker(PDEVICE_OBJECT device) {
    extension_t *extension = device->DeviceExtension;
    extension->list.Flink = extension->list.Blink = &extension->list;
    KeInitializeSpinLock(&extension->lock);
    return PsCreateSystemThread(&extension->thread, 0, NULL, NULL, NULL, worker, extension);
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    IoMarkIrpPending(irp);
    ExInterlockedInsertTailList(&extension->list, &irp->Tail.Overlay.ListEntry, &extension->lock);
    return STATUS_PENDING;
}
RF_WDM_ENTRY(dispatch)
