// A store through the caller's pointer. Good: into the device's context.
#include "miniwdk.h"
typedef struct { ULONG slots[8]; } context_t;
#define RF_CONTEXT context_t
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    context_t *context = rf_context(WdfIoQueueGetDevice(queue));
    ULONG64 *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 16, (PVOID *)&p, NULL))) {
#ifdef RF_GOOD
        context->slots[p[0] & 7] = (ULONG)p[1];
#else
        *(volatile ULONG *)(ULONG_PTR)p[0] = (ULONG)p[1] + context->slots[0];
#endif
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
