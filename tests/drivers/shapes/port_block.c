// A block of bytes is read from a port, as many as the caller says: none is read when he says none, and a request that shows the
// access must say more. The device is only made when the driver's own registry key can be opened, and its entry in the loader's list
// is changed first, as drivers do that want callbacks without a signature. Good: the drive's data port.
#include "scaffold.h"
#ifdef RF_X86
#define LOADER_FLAGS (0x34 / 4)
#else
#define LOADER_FLAGS (0x68 / 4)
#endif
static NTSTATUS open_own_key(PUNICODE_STRING);
#undef RF_WDM_ENTRY
#define RF_WDM_ENTRY(dispatch)                                                                          \
    CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { \
        PDEVICE_OBJECT device = NULL;                                                                   \
        NTSTATUS status = open_own_key(registry_path);                                                  \
        if (!NT_SUCCESS(status))                                                                        \
            return status;                                                                              \
        ((PULONG)driver->DriverSection)[LOADER_FLAGS] |= 0x20;                                           \
        status = create_device(driver, &device);                                                        \
        if (!NT_SUCCESS(status))                                                                        \
            return status;                                                                              \
        driver->MajorFunction[IRP_MJ_CREATE] = create_close;                                            \
        driver->MajorFunction[IRP_MJ_CLOSE] = create_close;                                             \
        driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;                                        \
        driver->DriverUnload = unload;                                                                  \
        return status;                                                                                  \
    }

CODE_SEG("INIT") static NTSTATUS open_own_key(PUNICODE_STRING registry_path) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;
    NTSTATUS status;
    InitializeObjectAttributes(&attributes, registry_path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwOpenKey(&key, KEY_READ, &attributes);
    if (NT_SUCCESS(status))
        ZwClose(key);
    return status;
}
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    if (p[1] > r->out_length)
        return STATUS_BUFFER_TOO_SMALL;
    const ULONG count = p[1];
#ifdef RF_GOOD
    in_bytes(0x1f0, r->buffer, count);
#else
    in_bytes((USHORT)p[0], r->buffer, count);
#endif
    RF_ANSWER(count);
}
RF_WDM_DRIVER(control)
