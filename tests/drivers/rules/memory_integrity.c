// Memory that is executable without need: pool, pages of a process, the kernel's view of a caller's buffer. Good: none of it is.
#define RF_SDDL SDDL_ADMIN
#include "scaffold.h"

#ifdef RF_GOOD
#define POOL_TYPE_HERE NonPagedPoolNx
#define PROTECTION_HERE PAGE_READWRITE
#define PRIORITY_HERE (NormalPagePriority | MdlMappingNoExecute)
#else
#define POOL_TYPE_HERE NonPagedPool
#define PROTECTION_HERE PAGE_EXECUTE_READWRITE
#define PRIORITY_HERE NormalPagePriority
#endif
static PVOID buffer;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A: {
        PVOID pages = NULL;
        SIZE_T size = 0x1000;
        return ZwAllocateVirtualMemory(NtCurrentProcess(), &pages, 0, &size, 0x1000, PROTECTION_HERE);
    }
    case IOCTL_OUT_DIRECT: {
        ULONG *data;
        if (r->out_length < 4 || irp->MdlAddress == NULL)
            return STATUS_BUFFER_TOO_SMALL;
        data = MmMapLockedPagesSpecifyCache(irp->MdlAddress, KernelMode, MmCached, NULL, FALSE, PRIORITY_HERE);
        if (data == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *data = 1;
        r->information = 4;
        return STATUS_SUCCESS;
    }
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
#undef RF_BOOT
#define RF_BOOT(driver, device) buffer = ExAllocatePoolWithTag(POOL_TYPE_HERE, 64, 'tsRf')
RF_WDM_DRIVER(control)
