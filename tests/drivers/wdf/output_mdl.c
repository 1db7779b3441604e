// METHOD_IN_DIRECT through the MDL of the request.
#include "scaffold_kmdf.h"
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    PMDL mdl;
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_IN_DIRECT && out_length >= 8 && NT_SUCCESS(status = WdfRequestRetrieveOutputWdmMdl(request, &mdl))) {
        p = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (p != NULL)
#ifdef RF_GOOD
            out_dword(0x64, p[1]);
#else
            out_dword((USHORT)p[0], p[1]);
#endif
        else
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
