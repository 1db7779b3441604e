// Requests are marked pending in place and put into a list of the driver's own; what is wrong with a request of a known
// code is refused where unknown codes are.
#include "miniwdk.h"
typedef struct { LIST_ENTRY waiting; KSPIN_LOCK lock; } extension_t;
#define RF_EXTENSION extension_t
static VOID set_up(PDEVICE_OBJECT);
#define RF_BOOT(driver, device) set_up(device)
#include "scaffold.h"
static VOID set_up(PDEVICE_OBJECT device) {
    extension_t *extension = device->DeviceExtension;
    extension->waiting.Flink = extension->waiting.Blink = &extension->waiting;
    KeInitializeSpinLock(&extension->lock);
}
static __attribute__((noinline)) NTSTATUS keep(extension_t *extension, PIRP irp) {
    IoMarkIrpPending(irp);
    ExInterlockedInsertTailList(&extension->waiting, &irp->Tail.Overlay.ListEntry, &extension->lock);
    return STATUS_PENDING;
}
static __attribute__((noinline)) NTSTATUS refuse(PIRP irp) { return complete(irp, STATUS_INVALID_PARAMETER, 0); }
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    extension_t *extension = device->DeviceExtension;
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.DeviceIoControl.InputBufferLength;
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        return length >= 16 ? keep(extension, irp) : refuse(irp);
    case IOCTL_B:
        if (length < 8)
            return refuse(irp);
#ifdef RF_GOOD
        write_msr(0x1fc, p[1]);
#else
        write_msr(p[0], p[1]);
#endif
        return keep(extension, irp);
    default:
        return refuse(irp);
    }
}
RF_WDM_ENTRY(dispatch)
