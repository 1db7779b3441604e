// Good: a window out of the registry, compared without wrapping, confines the port. Bad: the window is read, but only its start is compared.
#include "scaffold.h"

static ULONG first = 0x300, count = 8;
static VOID read_window(PUNICODE_STRING path) {
    RTL_QUERY_REGISTRY_TABLE table[3];
    memset(table, 0, sizeof(table));
    table[0].Flags = table[1].Flags = RTL_QUERY_REGISTRY_DIRECT;
    table[0].Name = (PWSTR)L"First";
    table[0].EntryContext = &first;
    table[1].Name = (PWSTR)L"Count";
    table[1].EntryContext = &count;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, path->Buffer, table, NULL, NULL);
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p[0] < first || p[0] - first >= count || p[0] > 0xffff)
        return STATUS_ACCESS_DENIED;
#else
    if (p[0] < first || count == 0)
        return STATUS_ACCESS_DENIED;
#endif
    out_byte((USHORT)p[0], (UCHAR)p[1]);
    return STATUS_SUCCESS;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) read_window(registry_path)
RF_WDM_DRIVER(control)
