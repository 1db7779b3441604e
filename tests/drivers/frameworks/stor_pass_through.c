// A vendor command in a pass-through CDB maps physical memory at an address in the CDB. Good: below 1 MB only.
#include "ministor.h"
#include "instructions.h"

static BOOLEAN NTAPI start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb) {
    srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
    if (srb->Function == 0 && srb->Cdb[0] == 0xc6 && srb->DataTransferLength >= 4) {
        PHYSICAL_ADDRESS address;
        ULONG *mapped;
        address.QuadPart = *(ULONG *)(srb->Cdb + 4);
#ifdef RF_GOOD
        if (address.QuadPart != 0xc0000)
            return TRUE;
#endif
        mapped = MmMapIoSpace(address, 4, 0);
        if (mapped != NULL) {
            *(ULONG *)srb->DataBuffer = *(volatile ULONG *)mapped;
            MmUnmapIoSpace(mapped, 4);
            srb->SrbStatus = SRB_STATUS_SUCCESS;
        }
    }
    StorPortNotification(0, extension, srb);
    return TRUE;
}
RF_STORPORT_DRIVER(start_io, NULL, NULL, 0)
