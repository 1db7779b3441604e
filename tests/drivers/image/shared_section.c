// A driver with data in a section of its own; the link options decide whether it is shared and writable.
#include "scaffold.h"

#pragma section("SHARE", read, write)
__declspec(allocate("SHARE")) volatile ULONG shared_count = 7;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = shared_count;
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
