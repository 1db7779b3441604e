// One control code; what is done stands in the buffer: a command number chosen by a switch (41 to 46) with its own length check.
#include "scaffold.h"

typedef struct { ULONG command, argument, result; } packet_t;
static volatile ULONG state[8];

static NTSTATUS run(packet_t *p) {
    switch (p->command) {
    case 41: state[0] = p->argument; return STATUS_SUCCESS;
    case 42: p->result = state[0]; return STATUS_SUCCESS;
    case 43: state[p->argument & 7]++; return STATUS_SUCCESS;
    case 44: p->result = state[1] + state[2]; return STATUS_SUCCESS;
    case 46: state[3] = 0; return STATUS_SUCCESS;
    default: return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (r->in_length != sizeof(packet_t) || r->out_length != sizeof(packet_t))
        return STATUS_INVALID_PARAMETER;
    r->information = sizeof(packet_t);
    return run(r->buffer);
}
RF_WDM_DRIVER(control)
