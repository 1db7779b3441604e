// The sink's routine is found by name at run time.
#include "scaffold.h"

typedef PVOID(NTAPI *map_t)(PHYSICAL_ADDRESS, SIZE_T, ULONG);
RF_CONTROL {
    ULONG64 *p = r->buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"MmMapIoSpace");
    PHYSICAL_ADDRESS address;
    map_t map;
    PVOID mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 16);
    map = (map_t)MmGetSystemRoutineAddress(&name);
    if (map == NULL)
        return STATUS_NOT_SUPPORTED;
#ifdef RF_GOOD
    address.QuadPart = 0xfec00000;
#else
    address.QuadPart = (LONGLONG)p[0];
#endif
    mapped = map(address, 16, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy_bytes(p, mapped, 16);
    MmUnmapIoSpace(mapped, 16);
    RF_ANSWER(16);
}
RF_WDM_DRIVER(control)
