// The boilerplate of a small KMDF driver. A source writes
//   static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code)
// and RF_KMDF_DRIVER(control): a PnP driver with one named device \Device\Rf_<name>, a link, and one default queue. Switches:
//   RF_SDDL L"..."     the device's descriptor (default: administrators, and read and write for everybody); RF_NO_SDDL leaves the framework's own
//   RF_CONTROL_DEVICE  a non-PnP driver with a control device
//   RF_ON_DEVICE(d)    a statement run when the device has been created
//   RF_BEFORE_DEVICE(init)  a statement run before
//   RF_CONTEXT type    the type of the device's context; rf_context(object) returns it
#ifndef RINGFENCE_SCAFFOLD_KMDF_H
#define RINGFENCE_SCAFFOLD_KMDF_H
#include "miniwdf.h"
#include "descriptors.h"
#include "instructions.h"

#define RF_WIDE_(s) L##s
#define RF_WIDE(s) RF_WIDE_(s)
#define RF_DEVICE_TYPE 0x9c40
#define RF_CODE(function, method, access) CTL_CODE(RF_DEVICE_TYPE, 0x800 + (function), method, access)
#define IOCTL_A RF_CODE(1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_B RF_CODE(2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_C RF_CODE(3, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_D RF_CODE(4, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NEITHER RF_CODE(9, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_IN_DIRECT RF_CODE(10, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_OUT_DIRECT RF_CODE(11, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#ifndef RF_SDDL
#define RF_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)"
#endif
#ifndef RF_ON_DEVICE
#define RF_ON_DEVICE(device) STATUS_SUCCESS
#endif
#ifndef RF_BEFORE_DEVICE
#define RF_BEFORE_DEVICE(init) ((void)0)
#endif

static __attribute__((unused)) const UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Rf_" RF_WIDE(RF_NAME));
static __attribute__((unused)) const UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\Rf_" RF_WIDE(RF_NAME));
static __attribute__((unused)) const UNICODE_STRING device_sddl = RTL_CONSTANT_STRING(RF_SDDL);

#ifdef RF_CONTEXT
static const WDF_OBJECT_CONTEXT_TYPE_INFO context_type = {sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), "RF_CONTEXT", sizeof(RF_CONTEXT), &context_type, NULL};
static __attribute__((unused)) RF_CONTEXT *rf_context(WDFOBJECT object) { return WdfObjectGetTypedContextWorker(object, context_type.UniqueType); }
#endif

static __attribute__((unused)) VOID init_attributes(WDF_OBJECT_ATTRIBUTES *attributes) {
    memset(attributes, 0, sizeof(*attributes));
    attributes->Size = sizeof(*attributes);
    attributes->ExecutionLevel = 1;
    attributes->SynchronizationScope = 1;
}

static __attribute__((unused)) VOID init_queue(WDF_IO_QUEUE_CONFIG *config, ULONG dispatch, BOOLEAN is_default) {
    memset(config, 0, sizeof(*config));
    config->Size = sizeof(*config);
    config->DispatchType = dispatch;
    config->PowerManaged = WdfUseDefault;
    config->DefaultQueue = is_default;
}

static __attribute__((unused)) NTSTATUS create_named_device(PWDFDEVICE_INIT init, WDFDEVICE *device) {
    WDF_OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    RF_BEFORE_DEVICE(init);
    WdfDeviceInitSetDeviceType(init, RF_DEVICE_TYPE);
    WdfDeviceInitSetCharacteristics(init, FILE_DEVICE_SECURE_OPEN, FALSE);
    status = WdfDeviceInitAssignName(init, &device_name);
    if (!NT_SUCCESS(status))
        return status;
#if !defined(RF_NO_SDDL) && !defined(RF_CONTROL_DEVICE)
    status = WdfDeviceInitAssignSDDLString(init, &device_sddl);
    if (!NT_SUCCESS(status))
        return status;
#endif
    init_attributes(&attributes);
#ifdef RF_CONTEXT
    attributes.ContextTypeInfo = context_type.UniqueType;
#endif
    status = WdfDeviceCreate(&init, &attributes, device);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreateSymbolicLink(*device, &link_name);
    return status;
}

#ifdef RF_CONTROL_DEVICE
#define RF_ADD_DEVICE NULL
#define RF_DRIVER_FLAGS WdfDriverInitNonPnpDriver
#define RF_AFTER_CREATE(driver_handle)                                                     \
    {                                                                                      \
        PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver_handle, &device_sddl);  \
        if (init == NULL)                                                                  \
            return STATUS_INSUFFICIENT_RESOURCES;                                          \
        status = device_add(driver_handle, init);                                          \
    }
#define RF_FINISH(device) WdfControlFinishInitializing(device)
#else
#define RF_ADD_DEVICE device_add
#define RF_DRIVER_FLAGS 0
#define RF_AFTER_CREATE(driver_handle)
#define RF_FINISH(device) ((void)0)
#endif

// The entry point, and EvtDriverDeviceAdd with the statements `queues` between the creation of the device and its end.
#define RF_KMDF_ENTRY(queues)                                                                                  \
    static NTSTATUS NTAPI device_add(WDFDRIVER driver_handle, PWDFDEVICE_INIT init) {                          \
        WDFDEVICE device;                                                                                      \
        NTSTATUS status = create_named_device(init, &device);                                                  \
        UNREFERENCED_PARAMETER(driver_handle);                                                                 \
        if (!NT_SUCCESS(status))                                                                               \
            return status;                                                                                     \
        status = RF_ON_DEVICE(device);                                                                         \
        if (!NT_SUCCESS(status))                                                                               \
            return status;                                                                                     \
        queues                                                                                                 \
        RF_FINISH(device);                                                                                     \
        return status;                                                                                         \
    }                                                                                                          \
    CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {        \
        WDF_DRIVER_CONFIG config;                                                                              \
        WDFDRIVER handle = NULL;                                                                               \
        NTSTATUS status;                                                                                       \
        memset(&config, 0, sizeof(config));                                                                    \
        config.Size = sizeof(config);                                                                          \
        config.EvtDriverDeviceAdd = RF_ADD_DEVICE;                                                             \
        config.DriverInitFlags = RF_DRIVER_FLAGS;                                                              \
        status = WdfDriverCreate(driver, registry_path, NULL, &config, &handle);                               \
        if (!NT_SUCCESS(status))                                                                               \
            return status;                                                                                     \
        RF_AFTER_CREATE(handle)                                                                                \
        return status;                                                                                         \
    }

#define RF_KMDF_DRIVER(control)                                                                                \
    RF_KMDF_ENTRY({                                                                                            \
        WDF_IO_QUEUE_CONFIG queue_config;                                                                      \
        init_queue(&queue_config, WdfIoQueueDispatchParallel, TRUE);                                           \
        queue_config.EvtIoDeviceControl = control;                                                             \
        status = WdfIoQueueCreate(device, &queue_config, NULL, NULL);                                          \
    })
#endif
