// Handlers found in a table of codes and function pointers (a loop), or by index (RF_INDEXED).
#include "scaffold.h"

typedef NTSTATUS (*handler_t)(request_t *);
static volatile ULONG state;
static NTSTATUS reset(request_t *r) { state = r->in_length & 0; return STATUS_SUCCESS; }
static NTSTATUS query(request_t *r) {
    if (r->out_length < 4)
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)r->buffer = state;
    r->information = 4;
    return STATUS_SUCCESS;
}
static NTSTATUS set(request_t *r) {
    if (r->in_length < 8)
        return STATUS_INVALID_PARAMETER;
    state = ((ULONG *)r->buffer)[1];
    return STATUS_SUCCESS;
}

#ifdef RF_INDEXED
static const handler_t table[3] = {reset, query, set};
static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    ULONG index = (RF_CONTROL_CODE(r) - IOCTL_A) >> 2;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if ((RF_CONTROL_CODE(r) & 3) != 0 || index >= 3)
        return STATUS_INVALID_DEVICE_REQUEST;
    return table[index](r);
}
#else
static const struct { ULONG code; handler_t handler; } table[] = {{IOCTL_A, reset}, {IOCTL_B, query}, {IOCTL_C, set}};
static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    for (ULONG i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].code == RF_CONTROL_CODE(r))
            return table[i].handler(r);
    return STATUS_INVALID_DEVICE_REQUEST;
}
#endif
RF_WDM_DRIVER(control)
