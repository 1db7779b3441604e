// One request registers the caller's address as the process callback's helper, the callback calls it. Good: it is the driver's.
#include "miniwdk.h"
static VOID(NTAPI *volatile helper)(ULONG);
static VOID NTAPI on_process(HANDLE, HANDLE, BOOLEAN);
#define RF_BOOT(driver, device) PsSetCreateProcessNotifyRoutine(on_process, FALSE)
#include "scaffold.h"
static VOID NTAPI own_helper(ULONG x) { DbgPrint("%u\n", x); }
static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create) {
    if (helper != NULL && create)
        helper((ULONG)(ULONG_PTR)process);
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    helper = p[0] ? own_helper : NULL;
#else
    helper = p[0] == 1 ? own_helper : (VOID(NTAPI *)(ULONG))(ULONG_PTR)p[0];
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
