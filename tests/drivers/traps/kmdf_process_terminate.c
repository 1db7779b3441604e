// Any process is terminated. Good: nobody but the caller.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {0};
    HANDLE process;
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&p, NULL))) {
#ifdef RF_GOOD
        id.UniqueProcess = (HANDLE)(ULONG_PTR)IoGetRequestorProcessId(WdfRequestWdmGetIrp(request));
#else
        id.UniqueProcess = (HANDLE)(ULONG_PTR)p[0];
#endif
        InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
        status = ZwOpenProcess(&process, PROCESS_TERMINATE, &attributes, &id);
        if (NT_SUCCESS(status)) {
            status = ZwTerminateProcess(process, 0);
            ZwClose(process);
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
