// DriverEntry fills the dispatch table when its hardware has interrupted, which it does on no path. The table stands in the code.
#include "scaffold.h"
typedef struct { ULONG size, found; ULONG_PTR port; } hardware_t;
static hardware_t hardware;

#ifdef RF_BY_INDEX
static __attribute__((always_inline)) inline ULONG_PTR times(ULONG_PTR index) {
    ULONG_PTR one = 1;
    __asm__ volatile("imul %1, %0" : "+r"(one) : "r"(index));
    return one;
}
#endif
static BOOLEAN NTAPI on_interrupt(PVOID interrupt, PVOID context) {
    hardware_t *about = context;
    UNREFERENCED_PARAMETER(interrupt);
    about->found = 1;
    return TRUE;
}
static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.DeviceIoControl.InputBufferLength < 8)
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        out_byte(0x71, (UCHAR)p[1]);
        return complete(irp, STATUS_SUCCESS, 0);
    case IOCTL_B:
        p[0] = hardware.size;
        return complete(irp, STATUS_SUCCESS, 4);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    PVOID interrupt;
    PDEVICE_OBJECT device;
    NTSTATUS status = IoConnectInterrupt(&interrupt, on_interrupt, &hardware, NULL, 9, 9, 9, 0, TRUE, 1, FALSE);
    UNREFERENCED_PARAMETER(registry_path);
    if (!NT_SUCCESS(status))
        return status;
    if (!*(volatile ULONG *)&hardware.found)
        return STATUS_UNSUCCESSFUL;
    status = create_device(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
#ifdef RF_BY_INDEX
    // As compilers write it that do not optimise: the index is multiplied, and one entry is read to fill another.
    driver->MajorFunction[times(IRP_MJ_CREATE)] = create_close;
    driver->MajorFunction[times(IRP_MJ_CLOSE)] = driver->MajorFunction[times(IRP_MJ_CREATE)];
    driver->MajorFunction[times(IRP_MJ_DEVICE_CONTROL)] = control;
    driver->MajorFunction[times(IRP_MJ_INTERNAL_DEVICE_CONTROL)] = driver->MajorFunction[times(IRP_MJ_DEVICE_CONTROL)];
#else
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
#endif
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
