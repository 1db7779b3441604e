// The address travels in the context of the WDF device. Good: an index.
#include "miniwdk.h"
typedef struct { ULONG64 address; ULONG table[16]; } context_t;
#define RF_CONTEXT context_t
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    context_t *context = rf_context(WdfIoQueueGetDevice(queue));
    ULONG64 *p;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL);
    if (NT_SUCCESS(status)) {
        if (code == IOCTL_A)
            context->address = p[0];
        else if (code == IOCTL_B)
#ifdef RF_GOOD
            context->table[context->address & 15] = (ULONG)p[0];
#else
            *(volatile ULONG *)(ULONG_PTR)context->address = (ULONG)p[0];
#endif
        else
            status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
