// A dense switch: the compiler makes a jump table of it (RF_SPARSE: codes so far apart that it makes a tree of comparisons).
#include "scaffold.h"

#ifdef RF_SPARSE
#define CODE(n) CTL_CODE(RF_DEVICE_TYPE, 0x800 + (n) * 0x3b, METHOD_BUFFERED, FILE_ANY_ACCESS)
#else
#define CODE(n) RF_CODE(n, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
static volatile ULONG counters[10];

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    ULONG *out = r->buffer;
    UNREFERENCED_PARAMETER(irp);
    switch (RF_CONTROL_CODE(r)) {
    case CODE(1): counters[1]++; return STATUS_SUCCESS;
    case CODE(2): counters[2] += r->in_length; return STATUS_SUCCESS;
    case CODE(3):
        if (r->out_length < 8)
            return STATUS_BUFFER_TOO_SMALL;
        out[0] = counters[1], out[1] = counters[2];
        r->information = 8;
        return STATUS_SUCCESS;
    case CODE(4): counters[4] = device->Flags; return STATUS_SUCCESS;
    case CODE(5):
        if (r->in_length < 4)
            return STATUS_INVALID_PARAMETER;
        counters[5] = out[0];
        return STATUS_SUCCESS;
    case CODE(6): return STATUS_NOT_SUPPORTED;
    case CODE(7): DbgPrint("seven\n"); return STATUS_SUCCESS;
    case CODE(8): counters[8] ^= 1; return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
