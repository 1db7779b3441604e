// A process notification makes the driver ready; a code uses the port that the caller names. Good: the port is fixed.
#include "miniwdk.h"
static volatile LONG ready;
static VOID NTAPI on_process(HANDLE, HANDLE, BOOLEAN);
#define RF_BOOT(driver, device) PsSetCreateProcessNotifyRoutine(on_process, FALSE)
#include "scaffold.h"
static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create) {
    UNREFERENCED_PARAMETER(parent);
    UNREFERENCED_PARAMETER(process);
    if (create)
        ready = 1;
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    if (!ready)
        return STATUS_UNSUCCESSFUL;
#ifdef RF_GOOD
    out_dword(0x4d0, p[1]);
#else
    out_dword((USHORT)p[0], p[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
