// EvtDeviceFileCreate lets everybody through. Good: it asks for a privilege.
#include "miniwdk.h"
struct WDFDEVICE_INIT;
static VOID prepare(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) prepare(init)
#include "scaffold_kmdf.h"
static VOID NTAPI on_create(WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT file) {
    NTSTATUS status = STATUS_SUCCESS;
#ifdef RF_GOOD
    LUID load_driver = {10, 0};
    if (!SeSinglePrivilegeCheck(load_driver, UserMode))
        status = STATUS_ACCESS_DENIED;
#endif
    WdfRequestComplete(request, status);
}
static VOID prepare(PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    memset(&config, 0, sizeof(config));
    config.Size = sizeof(config);
    config.EvtDeviceFileCreate = on_create;
    config.AutoForwardCleanupClose = WdfUseDefault;
    config.FileObjectClass = 1;
    WdfDeviceInitSetFileObjectConfig(init, &config, NULL);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
        write_msr(p[0], p[1]);
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
