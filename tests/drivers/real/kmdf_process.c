// KMDF: memory of a process is written for a trainer. Good: that of the caller's own process.
#include "scaffold_kmdf.h"

typedef struct { ULONG process, length; ULONG64 address; UCHAR data[32]; } patch_t;
static NTSTATUS patch(WDFREQUEST request) {
    patch_t *in;
    PEPROCESS process;
    SIZE_T done;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, sizeof(*in), (PVOID *)&in, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (in->length == 0 || in->length > sizeof(in->data))
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)IoGetRequestorProcessId(WdfRequestWdmGetIrp(request)), &process);
#else
    status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)in->process, &process);
#endif
    if (!NT_SUCCESS(status))
        return status;
    if (in->address > max_user_address - sizeof(in->data))
        status = STATUS_ACCESS_DENIED;
    else
        status = MmCopyVirtualMemory(IoGetCurrentProcess(), in->data, process, (PVOID)(ULONG_PTR)in->address, in->length, KernelMode, &done);
    ObDereferenceObject(process);
    return status;
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WdfRequestComplete(request, code == IOCTL_A ? patch(request) : STATUS_INVALID_DEVICE_REQUEST);
}
RF_KMDF_DRIVER(control)
