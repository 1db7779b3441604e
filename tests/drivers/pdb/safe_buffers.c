// One routine with a buffer on its stack is exempted from the cookie.
#define RF_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"
#include "scaffold.h"

__declspec(safebuffers) DECLSPEC_NOINLINE static ULONG digest(const UCHAR *bytes, ULONG count) {
    UCHAR copy[32];
    ULONG sum = 0;
    memcpy(copy, bytes, count);
    for (ULONG i = 0; i < count; i++)
        sum = sum * 31 + copy[i];
    return sum;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (r->in_length < 4 || r->in_length > 32 || r->out_length < 4)
        return STATUS_INVALID_PARAMETER;
    *(ULONG *)r->buffer = digest(r->buffer, r->in_length);
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
