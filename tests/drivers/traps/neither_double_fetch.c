// The length is fetched, tested, and fetched again for the copy. Good: once.
#include "scaffold.h"

typedef struct { ULONG length; UCHAR data[4]; } blob_t;
static volatile ULONG sum;
RF_CONTROL {
    volatile blob_t *p = r->stack->Parameters.DeviceIoControl.Type3InputBuffer;
    UCHAR copy[64];
    ULONG length;
    RF_ONLY(IOCTL_NEITHER);
    if (r->in_length < sizeof(blob_t))
        return STATUS_INVALID_PARAMETER;
    __try {
        ProbeForRead((PVOID)p, r->in_length, 4);
        length = p->length;
        if (length > sizeof(copy) || length > r->in_length - 4)
            return STATUS_INVALID_PARAMETER;
#ifndef RF_GOOD
        length = p->length;
#endif
        memcpy(copy, (PVOID)p->data, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    sum += copy[0] + copy[63];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
