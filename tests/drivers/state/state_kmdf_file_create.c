// EvtDeviceFileCreate makes the file's context ready; without it the code is refused. Good: one register.
#include "miniwdk.h"
typedef struct { ULONG ready; } context_t;
#define RF_CONTEXT context_t
struct WDFDEVICE_INIT;
static VOID watch_opens(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) watch_opens(init)
#include "scaffold_kmdf.h"
static VOID NTAPI on_create(WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT file) {
    context_t *context = rf_context(file);
    UNREFERENCED_PARAMETER(device);
    context->ready = 1;
    WdfRequestComplete(request, STATUS_SUCCESS);
}
static VOID watch_opens(PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    memset(&config, 0, sizeof(config));
    config.Size = sizeof(config);
    config.EvtDeviceFileCreate = on_create;
    config.AutoForwardCleanupClose = WdfUseDefault;
    config.FileObjectClass = 1;
    init_attributes(&attributes);
    attributes.ContextTypeInfo = context_type.UniqueType;
    WdfDeviceInitSetFileObjectConfig(init, &config, &attributes);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    context_t *context = rf_context(WdfRequestGetFileObject(request));
    ULONG *p;
    NTSTATUS status;
    if (!context->ready) {
        WdfRequestComplete(request, STATUS_INVALID_DEVICE_REQUEST);
        return;
    }
    status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL);
    if (NT_SUCCESS(status)) {
        if (code == IOCTL_A)
#ifdef RF_GOOD
            write_msr(0x150, p[1]);
#else
            write_msr(p[0], p[1]);
#endif
        else
            status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
