// A timer's DPC writes to the port that a request left. Good: the port is fixed.
#include "miniwdk.h"
static KTIMER timer;
static KDPC dpc;
static volatile ULONG port, value;
static VOID NTAPI on_timer(struct _KDPC *, PVOID, PVOID, PVOID);
static VOID start_timer(VOID);
#define RF_BOOT(driver, device) start_timer()
#include "scaffold.h"
static VOID NTAPI on_timer(struct _KDPC *self, PVOID context, PVOID a, PVOID b) {
    UNREFERENCED_PARAMETER(self);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(b);
    if (value == 0)
        return;
#ifdef RF_GOOD
    out_byte(0x61, (UCHAR)value);
#else
    out_byte((USHORT)port, (UCHAR)value);
#endif
}
static VOID start_timer(VOID) {
    LARGE_INTEGER due = {.QuadPart = -10000000};
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, on_timer, NULL);
    KeSetTimer(&timer, due, &dpc);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    port = p[0];
    value = p[1];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
