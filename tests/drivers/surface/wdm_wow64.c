// 32-bit and 64-bit callers get different structures, and a code of their own each.
#include "scaffold.h"

typedef struct { ULONG pointer, length; } request32_t;
typedef struct { ULONG64 pointer; ULONG length, pad; } request64_t;
static volatile ULONG64 last;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    if (IoIs32bitProcess(irp)) {
        if (RF_CONTROL_CODE(r) == IOCTL_B)
            return last = 0, STATUS_SUCCESS;
        if (RF_CONTROL_CODE(r) != IOCTL_A || r->in_length < sizeof(request32_t))
            return STATUS_INVALID_PARAMETER;
        last = ((request32_t *)r->buffer)->length;
        return STATUS_SUCCESS;
    }
    if (RF_CONTROL_CODE(r) == IOCTL_C)
        return last = 1, STATUS_SUCCESS;
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->in_length < sizeof(request64_t))
        return STATUS_INVALID_PARAMETER;
    last = ((request64_t *)r->buffer)->length;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
