// KMDF as vendors write it: a handler for each code, buffers by code. Good: port and register are compared with what the board has.
#include "scaffold_kmdf.h"

typedef struct { USHORT port; UCHAR index, value; } superio_t;
typedef struct { ULONG index, processor; ULONG64 value; } register_t;
static NTSTATUS read_superio(WDFREQUEST request, SIZE_T *written) {
    superio_t *in;
    UCHAR *out;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, sizeof(*in), (PVOID *)&in, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = WdfRequestRetrieveOutputBuffer(request, 1, (PVOID *)&out, NULL);
    if (!NT_SUCCESS(status))
        return status;
#ifdef RF_GOOD
    if (in->port != 0x2e && in->port != 0x4e)
        return STATUS_ACCESS_DENIED;
#endif
    USHORT port = in->port;
    out_byte(port, in->index);
    *out = in_byte((USHORT)(port + 1));
    *written = 1;
    return STATUS_SUCCESS;
}
static NTSTATUS write_register(WDFREQUEST request) {
    register_t *in;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, sizeof(*in), (PVOID *)&in, NULL);
    if (!NT_SUCCESS(status))
        return status;
    KeSetSystemAffinityThread((KAFFINITY)1 << (in->processor & 31));
#ifdef RF_GOOD
    if (in->index == 0x1a0)
        write_msr(0x1a0, in->value & 0x4000000000ull);
    else
        status = STATUS_ACCESS_DENIED;
#else
    write_msr(in->index, in->value);
#endif
    KeRevertToUserAffinityThread();
    return status;
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status;
    SIZE_T written = 0;
    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(out_length);
    UNREFERENCED_PARAMETER(in_length);
    switch (code) {
    case IOCTL_A: status = read_superio(request, &written); break;
    case IOCTL_B: status = write_register(request); break;
    case IOCTL_C: status = STATUS_SUCCESS; break;
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    WdfRequestCompleteWithInformation(request, status, written);
}
RF_KMDF_DRIVER(control)
