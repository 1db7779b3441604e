// The request leaves its arguments in the extension and queues a DPC that was set up in DriverEntry: the sink is there.
#include "miniwdk.h"
typedef struct { KDPC dpc; ULONG port, value; } extension_t;
#define RF_EXTENSION extension_t
static VOID NTAPI on_dpc(PKDPC, PVOID, PVOID, PVOID);
#define RF_BOOT(driver, device) KeInitializeDpc(&((extension_t *)(device)->DeviceExtension)->dpc, on_dpc, (device)->DeviceExtension)
#include "scaffold.h"
static VOID NTAPI on_dpc(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
    extension_t *extension = context;
#ifdef RF_GOOD
    out_dword(0xb2, extension->value);
#else
    out_dword((USHORT)extension->port, extension->value);
#endif
}
RF_CONTROL {
    extension_t *extension = device->DeviceExtension;
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    extension->port = p[0];
    extension->value = p[1];
    KeInsertQueueDpc(&extension->dpc, NULL, NULL);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
