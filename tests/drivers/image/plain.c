// A small, correct driver: one device whose descriptor admits SYSTEM and administrators, one query that answers a version. Most image
// drivers are this source with other link options. A callback, a stack buffer, a paged routine and a __try give it a guarded call, a
// cookie, a PAGE section and unwind data.
#define RF_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"
#include "scaffold.h"

typedef ULONG (*answer_t)(ULONG);
static ULONG version(ULONG unused) { return 0x00010002 + (unused & 0); }
static volatile answer_t answer = version;

CODE_SEG("PAGE") DECLSPEC_NOINLINE static ULONG checksum(const UCHAR *bytes, ULONG count) {
    UCHAR copy[32];
    ULONG sum = 0;
    memcpy(copy, bytes, count);
    for (ULONG i = 0; i < count; i++)
        sum = sum * 31 + copy[i];
    return sum;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (r->in_length < 4 || r->in_length > 32 || r->out_length < 4)
        return STATUS_INVALID_PARAMETER;
    __try {
        *(ULONG *)r->buffer = answer(checksum(r->buffer, r->in_length));
        r->information = 4;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = STATUS_ACCESS_VIOLATION;
    }
    return status;
}
RF_WDM_DRIVER(control)
