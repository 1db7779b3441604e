// METHOD_NEITHER: as many bytes as are copied are probed, possibly none; requests of the kernel are not probed. The bad one
// probes a header and copies what the caller says.
#include "scaffold.h"

#define MOST 0x80
RF_CONTROL {
    ULONG64 captured[MOST / 8];
    PVOID input = r->stack->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG length = r->in_length;
    RF_ONLY(IOCTL_NEITHER);
    if (length > MOST || (length != 0 && input == NULL))
        return STATUS_INVALID_PARAMETER;
    if (irp->RequestorMode != KernelMode) {
        __try {
#ifdef RF_GOOD
            ProbeForRead(input, length, 1);
#else
            ProbeForRead(input, 0, 1);
#endif
            memcpy(captured, input, length);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return STATUS_ACCESS_VIOLATION;
        }
    } else {
        memcpy(captured, input, length);
    }
    if (length < 8 || captured[0] != 1)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
