// A driver with one routine in an extra section; the link options decide its rights.
#include "scaffold.h"

CODE_SEG("HOT") DECLSPEC_NOINLINE static ULONG hot(ULONG x) { return x * 2654435761u; }

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = hot(r->in_length);
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
