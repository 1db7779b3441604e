// A full-access handle to any process is made in the caller's table and returned. Good: the caller gets one to itself.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {0};
    HANDLE process = NULL;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    id.UniqueProcess = PsGetCurrentProcessId();
#else
    id.UniqueProcess = (HANDLE)(ULONG_PTR)p[0];
#endif
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    status = ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id);
    p[0] = (ULONG_PTR)process;
    r->information = 8;
    return status;
}
RF_WDM_DRIVER(control)
