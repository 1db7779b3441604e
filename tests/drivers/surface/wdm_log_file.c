// Every request is written to a log: a line of a length that is not known before, put together in a local array behind which the
// caller's registers and the stack cookie stand; where the file does not open, the log routine says that in the log. The codes are
// told apart between the lines.
#include "scaffold.h"

static BOOLEAN tracing = TRUE;

static DECLSPEC_NOINLINE VOID log_line(const CHAR *what, NTSTATUS status) {
    CHAR text[0x80];
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\??\\C:\\rf.log");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK answer;
    HANDLE file = NULL;
    ULONG length = 0;
    sprintf(text, "%p %s %x\n", PsGetCurrentProcessId(), what, status);
    InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateFile(&file, 4 | SYNCHRONIZE, &attributes, &answer, NULL, 0x80, 0, 3, 0x20, NULL, 0); // append; open, or make when missing
    if (!NT_SUCCESS(status)) {
        log_line("log", status);
        return;
    }
    while (text[length] != 0)
        length++;
    status = ZwWriteFile(file, NULL, NULL, NULL, &answer, text, length, NULL, NULL);
    if (!NT_SUCCESS(status))
        log_line("write", status);
    ZwClose(file);
}

static volatile ULONG value;

RF_CONTROL {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (tracing)
        log_line("request", (NTSTATUS)r->in_length);
    if (r->in_length > 0x1000)
        return STATUS_INVALID_PARAMETER;
    if (tracing)
        log_line("lengths", (NTSTATUS)r->out_length);
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        if (tracing)
            log_line("A", 0);
        RF_LENGTHS(0, 4);
        *(ULONG *)r->buffer = value;
        RF_ANSWER(4);
    }
    if (RF_CONTROL_CODE(r) == IOCTL_B) {
        if (tracing)
            log_line("B", 0);
        RF_LENGTHS(8, 0);
        value = *(ULONG *)r->buffer;
        if (tracing)
            log_line("done", 0);
        return STATUS_SUCCESS;
    }
    if (tracing)
        log_line("no code", 0);
    return STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
