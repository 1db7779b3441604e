// A driver that hands model-specific registers to its callers. demo-msr-any reads and writes any register, and its device has the
// default descriptor, so that every user can open it. Its good twin admits one group of read-only energy counters, writes
// nothing, and opens for administrators only.
#include "scaffold.h"

typedef struct { ULONG index, reserved; ULONG64 value; } msr_request_t;
#define IOCTL_READ_MSR RF_CODE(1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_WRITE_MSR RF_CODE(2, METHOD_BUFFERED, FILE_ANY_ACCESS)

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    msr_request_t *request = r->buffer;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (r->in_length < sizeof(*request))
        return STATUS_INVALID_PARAMETER;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_READ_MSR:
        if (r->out_length < sizeof(*request))
            return STATUS_BUFFER_TOO_SMALL;
#ifdef RF_GOOD
        if (request->index < 0x606 || request->index > 0x641)
            return STATUS_ACCESS_DENIED;
#endif
        request->value = read_msr(request->index);
        r->information = sizeof(*request);
        return STATUS_SUCCESS;
#ifndef RF_GOOD
    case IOCTL_WRITE_MSR:
        write_msr(request->index, request->value);
        return STATUS_SUCCESS;
#endif
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
