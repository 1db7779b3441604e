// One request stores port and value, another queues the timer's DPC that uses them. Good: the port is fixed.
#include "miniwdk.h"
static KDPC dpc;
static volatile ULONG port, value;
static VOID NTAPI on_dpc(PKDPC, PVOID, PVOID, PVOID);
#define RF_BOOT(driver, device) KeInitializeDpc(&dpc, on_dpc, NULL)
#include "scaffold.h"
static VOID NTAPI on_dpc(PKDPC d, PVOID context, PVOID a, PVOID b) {
#ifdef RF_GOOD
    out_byte(0x61, (UCHAR)value);
#else
    out_byte((USHORT)port, (UCHAR)value);
#endif
}
RF_CONTROL {
    ULONG *p = r->buffer;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(8, 0);
        port = p[0];
        value = p[1];
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
