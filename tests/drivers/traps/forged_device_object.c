// The caller's number becomes a device object. Good: the device is the one below.
#include "scaffold.h"

static PDEVICE_OBJECT lower;
RF_CONTROL {
    ULONG64 *p = r->buffer;
    IO_STATUS_BLOCK io_status;
    PDEVICE_OBJECT target;
    KEVENT event;
    PIRP sent;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    target = lower;
#else
    target = (PDEVICE_OBJECT)(ULONG_PTR)p[0];
#endif
    if (target == NULL || lower == NULL)
        return STATUS_UNSUCCESSFUL;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    sent = IoBuildDeviceIoControlRequest(IOCTL_B, target, NULL, 0, NULL, 0, FALSE, &event, &io_status);
    if (sent == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (IoCallDriver(target, sent) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return io_status.Status;
}
static NTSTATUS find_lower(VOID) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Beep");
    PFILE_OBJECT file;
    return IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &lower);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) status = find_lower()
RF_WDM_DRIVER(control)
