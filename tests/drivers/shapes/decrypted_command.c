// The request is a command that was encrypted with a key which every program has: what is decrypted is the caller's. Bad: his port. Good: one port.
#include "scaffold.h"

RF_CONTROL {
    PVOID key = NULL;
    ULONG *command, size = 0;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(48, 0);
    status = BCryptGenerateSymmetricKey(NULL, &key, NULL, 0, (PUCHAR) "0123456789abcdef", 16, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = BCryptDecrypt(key, r->buffer, r->in_length, NULL, NULL, 0, NULL, 0, &size, 1);
    if (!NT_SUCCESS(status))
        return status;
    command = ExAllocatePoolWithTag(NonPagedPoolNx, size, 'mmoc');
    if (command == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = BCryptDecrypt(key, r->buffer, r->in_length, NULL, NULL, 0, (PUCHAR)command, size, &size, 1);
    if (NT_SUCCESS(status) && size >= 16 && command[0] == 0x31)
#ifdef RF_GOOD
        out_byte(0x71, (UCHAR)command[3]);
#else
        out_byte((USHORT)command[2], (UCHAR)command[3]);
#endif
    ExFreePoolWithTag(command, 'mmoc');
    return status;
}
RF_WDM_DRIVER(control)
