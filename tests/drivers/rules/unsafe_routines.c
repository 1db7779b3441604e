// A link that every user can replace, an unbounded printf, a routine found by name. Good: none of them.
#define RF_SDDL SDDL_ADMIN
#include "scaffold.h"

typedef NTSTATUS(NTAPI *terminate_t)(HANDLE, NTSTATUS);
static CHAR text[32];
static volatile terminate_t terminate;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(0, 4);
    *(ULONG *)r->buffer = (UCHAR)text[0];
    RF_ANSWER(4);
}

static __attribute__((unused)) VOID boot(VOID) {
    UNICODE_STRING link, name, routine;
    RtlInitUnicodeString(&link, L"\\DosDevices\\RfOther");
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
    RtlInitUnicodeString(&routine, L"ZwTerminateProcess");
    IoCreateUnprotectedSymbolicLink(&link, &name);
    sprintf(text, "%u", 7u);
    terminate = (terminate_t)MmGetSystemRoutineAddress(&routine);
}
#ifndef RF_GOOD
#undef RF_BOOT
#define RF_BOOT(driver, device) boot()
#endif
RF_WDM_DRIVER(control)
