// A miniport that takes STORAGE_REQUEST_BLOCKs: the function and the data buffer stand in other places. HwBuildIo tells the codes apart.
#include "ministor.h"
static volatile ULONG state;

static BOOLEAN NTAPI build_io(PVOID extension, PSCSI_REQUEST_BLOCK block) {
    STORAGE_REQUEST_BLOCK *srb = (STORAGE_REQUEST_BLOCK *)block;
    SRB_IO_CONTROL *header = srb->DataBuffer;
    if (srb->Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK || srb->SrbFunction != SRB_FUNCTION_IO_CONTROL)
        return TRUE;
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    if (header->ControlCode == 0x70011) {
        state = 1;
        srb->SrbStatus = SRB_STATUS_SUCCESS;
    } else if (header->ControlCode == 0x70012 && srb->DataTransferLength >= sizeof(*header) + 4) {
        state = *(ULONG *)(header + 1);
        srb->SrbStatus = SRB_STATUS_SUCCESS;
    }
    StorPortNotification(0, extension, srb);
    return FALSE;
}
static BOOLEAN NTAPI start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb) {
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    StorPortNotification(0, extension, srb);
    return TRUE;
}
RF_STORPORT_DRIVER(start_io, build_io, NULL, 1)
