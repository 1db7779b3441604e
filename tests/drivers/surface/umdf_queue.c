// A UMDF 2 driver: an interface and a default queue with two codes; the list of function indexes is UMDF's own.
#include "miniwdf.h"
#include "miniwin32.h"
#define IOCTL_A CTL_CODE(0x9c40, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_B CTL_CODE(0x9c40, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
static const GUID interface_guid = {0x0f3b21aa, 0x2b1c, 0x4f0e, {0x91, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}};
static volatile ULONG state;

static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG *buffer;
    ULONG_PTR information = 0;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_A) {
        status = WdfRequestRetrieveOutputBuffer(request, 8, (PVOID *)&buffer, NULL);
        if (NT_SUCCESS(status)) {
            buffer[0] = state;
            buffer[1] = GetTickCount();
            information = 8;
        }
    } else if (code == IOCTL_B) {
        status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&buffer, NULL);
        if (NT_SUCCESS(status))
            state = buffer[0];
    }
    WdfRequestCompleteWithInformation(request, status, information);
}

static NTSTATUS NTAPI device_add(WDFDRIVER driver, PWDFDEVICE_INIT init) {
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    NTSTATUS status = WdfDeviceCreate(&init, NULL, &device);
    UNREFERENCED_PARAMETER(driver);
    if (!NT_SUCCESS(status))
        return status;
    status = WdfDeviceCreateDeviceInterface(device, &interface_guid, NULL);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG i = 0; i < sizeof(config); i++)
        ((volatile UCHAR *)&config)[i] = 0;
    config.Size = sizeof(config);
    config.DispatchType = WdfIoQueueDispatchSequential;
    config.PowerManaged = WdfUseDefault;
    config.DefaultQueue = TRUE;
    config.EvtIoDeviceControl = control;
    return WdfIoQueueCreate(device, &config, NULL, NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    WDF_DRIVER_CONFIG config = {sizeof(config), device_add, NULL, 0, 0};
    return WdfDriverCreate(driver, registry_path, NULL, &config, NULL);
}
