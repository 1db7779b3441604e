// The kernel's routines are looked up by name: the device is created, linked and its requests completed through pointers.
#include "scaffold.h"

typedef NTSTATUS(NTAPI *create_device_t)(PDRIVER_OBJECT, ULONG, PUNICODE_STRING, DEVICE_TYPE, ULONG, BOOLEAN, PDEVICE_OBJECT *);
typedef NTSTATUS(NTAPI *create_link_t)(PUNICODE_STRING, PUNICODE_STRING);
typedef VOID(FASTCALL *complete_t)(PIRP, CHAR);
static create_device_t create_device_routine;
static create_link_t create_link_routine;
static complete_t complete_routine;

static PVOID routine(PCWSTR name) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    return MmGetSystemRoutineAddress(&text);
}

static NTSTATUS NTAPI everything(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(device);
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A)
        status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    complete_routine(irp, IO_NO_INCREMENT);
    return status;
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(RF_DEVICE_NAME), link = RTL_CONSTANT_STRING(RF_LINK_NAME);
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(registry_path);
    create_device_routine = (create_device_t)routine(L"IoCreateDevice");
    create_link_routine = (create_link_t)routine(L"IoCreateSymbolicLink");
    complete_routine = (complete_t)routine(L"IofCompleteRequest");
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = everything;
    if (!NT_SUCCESS(create_device_routine(driver, 0, &name, RF_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device)))
        return STATUS_UNSUCCESSFUL;
    return create_link_routine(&link, &name);
}
