// An exported callback for other drivers has the shape of a dispatcher. Good: no request reaches it. Bad: code B passes on to it.
#include "scaffold.h"

__declspec(dllexport) NTSTATUS NTAPI SensorCallback(ULONG code, PVOID buffer, ULONG length, PULONG returned) {
    ULONG *p = buffer;
    *returned = 0;
    switch (code) {
    case IOCTL_C:
        if (length < 8)
            return STATUS_BUFFER_TOO_SMALL;
        *(ULONG64 *)buffer = read_msr(p[0]);
        *returned = 8;
        return STATUS_SUCCESS;
    case IOCTL_D:
        if (length < 4)
            return STATUS_BUFFER_TOO_SMALL;
        p[0] = 3;
        *returned = 4;
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG length = r->in_length < r->out_length ? r->in_length : r->out_length;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(0, 4);
        p[0] = 0x20003;
        RF_ANSWER(4);
    case IOCTL_B: {
        ULONG returned = 0;
        NTSTATUS status;
#ifdef RF_GOOD
        RF_LENGTHS(4, 4);
        status = SensorCallback(IOCTL_D, p, length, &returned);
#else
        RF_LENGTHS(8, 8);
        status = SensorCallback(IOCTL_C, p, length, &returned);
#endif
        r->information = returned;
        return status;
    }
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
