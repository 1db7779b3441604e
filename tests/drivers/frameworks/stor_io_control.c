// A control code inside an SRB reads a model-specific register that the caller names. Good: one of two.
#include "ministor.h"
#include "instructions.h"
typedef struct { SRB_IO_CONTROL header; ULONG index; ULONG64 value; } register_t;

static VOID control(PSCSI_REQUEST_BLOCK srb) {
    register_t *request = srb->DataBuffer;
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    if (srb->DataTransferLength < sizeof(*request) || request->header.ControlCode != 0x80021)
        return;
#ifdef RF_GOOD
    if (request->index != 0xe7 && request->index != 0xe8)
        return;
#endif
    request->value = read_msr(request->index);
    srb->SrbStatus = SRB_STATUS_SUCCESS;
}
static BOOLEAN NTAPI start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb) {
    if (srb->Function == SRB_FUNCTION_IO_CONTROL)
        control(srb);
    else
        srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    StorPortNotification(0, extension, srb);
    return TRUE;
}
RF_STORPORT_DRIVER(start_io, NULL, NULL, 0)
