// The register travels in the context of the WDF file object. Good: one register.
#include "miniwdk.h"
typedef struct { ULONG index; } context_t;
#define RF_CONTEXT context_t
struct WDFDEVICE_INIT;
static VOID give_files_a_context(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) give_files_a_context(init)
#include "scaffold_kmdf.h"
static VOID give_files_a_context(PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    memset(&config, 0, sizeof(config));
    config.Size = sizeof(config);
    config.AutoForwardCleanupClose = WdfUseDefault;
    config.FileObjectClass = 1;
    init_attributes(&attributes);
    attributes.ContextTypeInfo = context_type.UniqueType;
    WdfDeviceInitSetFileObjectConfig(init, &config, &attributes);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    context_t *file = rf_context(WdfRequestGetFileObject(request));
    ULONG *p;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL);
    if (NT_SUCCESS(status)) {
        if (code == IOCTL_A)
            file->index = p[0];
        else if (code == IOCTL_B)
#ifdef RF_GOOD
            write_msr(0x150, file->index + p[1]);
#else
            write_msr(file->index, p[1]);
#endif
        else
            status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
