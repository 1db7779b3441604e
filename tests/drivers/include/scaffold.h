// The boilerplate of a small WDM driver, so that a test driver's source shows little but its deviation.
//
// A source writes `static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r)` and RF_WDM_DRIVER(control). The device is
// \Device\Rf_<name> with the link \DosDevices\Rf_<name>; RF_NAME comes from the build. Switches, before the include:
//   RF_EXTENSION type        type of the device extension
//   RF_CHARACTERISTICS n     default FILE_DEVICE_SECURE_OPEN
//   RF_EXCLUSIVE             an exclusive device
//   RF_CREATE function       an own IRP_MJ_CREATE
//   RF_SDDL L"..."           create the device through the library body of IoCreateDeviceSecure
//   RF_BOOT(driver, device)  a statement run at the end of DriverEntry
#ifndef RINGFENCE_SCAFFOLD_H
#define RINGFENCE_SCAFFOLD_H
#include "miniwdk.h"
#include "descriptors.h"
#include "instructions.h"

#define RF_WIDE_(s) L##s
#define RF_WIDE(s) RF_WIDE_(s)
#define RF_DEVICE_NAME L"\\Device\\Rf_" RF_WIDE(RF_NAME)
#define RF_LINK_NAME L"\\DosDevices\\Rf_" RF_WIDE(RF_NAME)
#define RF_DEVICE_TYPE 0x9c40
#define RF_CODE(function, method, access) CTL_CODE(RF_DEVICE_TYPE, 0x800 + (function), method, access)
// The codes that most drivers here use: buffered, any access.
#define IOCTL_A RF_CODE(1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_B RF_CODE(2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_C RF_CODE(3, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_D RF_CODE(4, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NEITHER RF_CODE(9, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_IN_DIRECT RF_CODE(10, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_OUT_DIRECT RF_CODE(11, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

#ifndef RF_CHARACTERISTICS
#define RF_CHARACTERISTICS FILE_DEVICE_SECURE_OPEN
#endif
#ifdef RF_EXCLUSIVE
#define RF_IS_EXCLUSIVE TRUE
#else
#define RF_IS_EXCLUSIVE FALSE
#endif
#ifdef RF_EXTENSION
#define RF_EXTENSION_SIZE sizeof(RF_EXTENSION)
#else
#define RF_EXTENSION_SIZE 0
#endif
#ifndef RF_BOOT
#define RF_BOOT(driver, device) ((void)0)
#endif

typedef struct { PVOID buffer; ULONG in_length, out_length; ULONG_PTR information; PIO_STACK_LOCATION stack; } request_t;

static __attribute__((unused)) NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

#ifndef RF_CREATE
#define RF_CREATE create_close
#endif
static __attribute__((unused)) NTSTATUS NTAPI create_close(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI RfCreateDeviceSecure(PDRIVER_OBJECT, ULONG, PUNICODE_STRING, DEVICE_TYPE, ULONG, BOOLEAN, PCUNICODE_STRING, const GUID *, PDEVICE_OBJECT *);
DRIVER_DISPATCH RF_CREATE;

CODE_SEG("INIT") static __attribute__((unused)) NTSTATUS create_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT *device) {
    UNICODE_STRING name, link;
    NTSTATUS status;
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
    RtlInitUnicodeString(&link, RF_LINK_NAME);
#ifdef RF_SDDL
    static const UNICODE_STRING sddl = RTL_CONSTANT_STRING(RF_SDDL);
    status = RfCreateDeviceSecure(driver, RF_EXTENSION_SIZE, &name, RF_DEVICE_TYPE, RF_CHARACTERISTICS, RF_IS_EXCLUSIVE, &sddl, NULL, device);
#else
    status = IoCreateDevice(driver, RF_EXTENSION_SIZE, &name, RF_DEVICE_TYPE, RF_CHARACTERISTICS, RF_IS_EXCLUSIVE, device);
#endif
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(*device);
    return status;
}

static __attribute__((unused)) VOID NTAPI unload(PDRIVER_OBJECT driver) {
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, RF_LINK_NAME);
    IoDeleteSymbolicLink(&link);
    if (driver->DeviceObject)
        IoDeleteDevice(driver->DeviceObject);
}

// The entry point of a driver whose dispatch routines are given one by one.
#define RF_WDM_ENTRY(dispatch)                                                                         \
    CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { \
        PDEVICE_OBJECT device = NULL;                                                                  \
        NTSTATUS status;                                                                               \
        UNREFERENCED_PARAMETER(registry_path);                                                         \
        status = create_device(driver, &device);                                                       \
        if (!NT_SUCCESS(status))                                                                       \
            return status;                                                                             \
        driver->MajorFunction[IRP_MJ_CREATE] = RF_CREATE;                                              \
        driver->MajorFunction[IRP_MJ_CLOSE] = create_close;                                            \
        driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;                                       \
        driver->DriverUnload = unload;                                                                 \
        RF_BOOT(driver, device);                                                                       \
        return status;                                                                                 \
    }

// The same with a dispatch routine around `control`, which says what it wrote in r->information.
#define RF_WDM_DRIVER(control)                                                                         \
    static NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT device, PIRP irp) {                          \
        request_t r = {0};                                                                             \
        NTSTATUS status;                                                                               \
        r.stack = IoGetCurrentIrpStackLocation(irp);                                                   \
        r.buffer = irp->AssociatedIrp.SystemBuffer;                                                    \
        r.in_length = r.stack->Parameters.DeviceIoControl.InputBufferLength;                           \
        r.out_length = r.stack->Parameters.DeviceIoControl.OutputBufferLength;                         \
        status = control(device, irp, &r);                                                             \
        return complete(irp, status, NT_SUCCESS(status) ? r.information : 0);                          \
    }                                                                                                  \
    RF_WDM_ENTRY(dispatch_control)
#define RF_CONTROL_CODE(r) ((r)->stack->Parameters.DeviceIoControl.IoControlCode)

// For drivers with one code: the head of `control`, the test of code and lengths, the answer of n bytes.
#define RF_CONTROL static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r)
#define RF_ONLY(code)                      \
    if (RF_CONTROL_CODE(r) != (code))      \
    return STATUS_INVALID_DEVICE_REQUEST
#define RF_LENGTHS(in, out)                              \
    if (r->in_length < (in) || r->out_length < (out))    \
    return STATUS_INVALID_PARAMETER
#define RF_ANSWER(n) return r->information = (n), STATUS_SUCCESS
#endif
