// A table whose one pointer needs a relocation: at the end of a page it crosses into the next one (RF_STRADDLE), or it ends at the boundary.
#include "scaffold.h"

static ULONG version(VOID) { return 3; }
#ifdef RF_STRADDLE
#define GAP (PAGE_SIZE - 2)
#else
#define GAP (PAGE_SIZE - sizeof(PVOID))
#endif
#pragma section("TABLE", read, write)
typedef struct { UCHAR gap[GAP]; ULONG (*entry)(VOID); } __attribute__((packed)) table_t;
__declspec(allocate("TABLE")) volatile table_t table = {{1}, version};

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = table.entry();
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
