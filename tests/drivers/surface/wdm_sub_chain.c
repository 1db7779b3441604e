// The code is told apart by a chain of subtractions (`sub eax, imm; je`), the way compilers write switches over neighbouring cases. The barrier
// keeps this compiler from making something else of it.
#include "scaffold.h"

#define BARRIER(x) __asm__ volatile("" : "+r"(x))
static volatile ULONG state;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    ULONG code = RF_CONTROL_CODE(r);
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    code -= IOCTL_A;
    if (code == 0) {
        state = 1;
        return STATUS_SUCCESS;
    }
    BARRIER(code);
    code -= 4;
    if (code == 0) {
        if (r->out_length != 4)
            return STATUS_INVALID_PARAMETER;
        *(ULONG *)r->buffer = state;
        r->information = 4;
        return STATUS_SUCCESS;
    }
    BARRIER(code);
    code -= 4;
    if (code == 0) {
        state = r->in_length;
        return STATUS_SUCCESS;
    }
    BARRIER(code);
    if (code != 0x44)
        return STATUS_INVALID_DEVICE_REQUEST;
    state = 0;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
