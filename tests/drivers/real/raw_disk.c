// Sectors of the disk are written below the file system's access control. Good: one sector that the product owns, behind the partition table.
#include "scaffold.h"

static HANDLE disk;
RF_CONTROL {
    UCHAR *p = r->buffer;
    IO_STATUS_BLOCK io_status;
    LARGE_INTEGER offset;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8 + 512, 0);
    if (disk == NULL)
        return STATUS_UNSUCCESSFUL;
#ifdef RF_GOOD
    offset.QuadPart = 0x7000;
#else
    offset.QuadPart = (LONGLONG)(*(ULONG64 *)p * 512);
#endif
    return ZwWriteFile(disk, NULL, NULL, NULL, &io_status, p + 8, 512, &offset, NULL);
}
static VOID open_disk(VOID) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Harddisk0\\DR0");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io_status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&disk, 0x12019f, &attributes, &io_status, 3, 0x20)))
        disk = NULL;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) open_disk()
RF_WDM_DRIVER(control)
