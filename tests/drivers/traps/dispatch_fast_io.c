// The fast path has the sink, the slow one does not.
#include "miniwdk.h"
static FAST_IO_DISPATCH fast_io;
static BOOLEAN NTAPI fast_control(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK, PDEVICE_OBJECT);
#define RF_BOOT(driver, device) (fast_io.SizeOfFastIoDispatch = sizeof(fast_io), fast_io.FastIoDeviceControl = fast_control, (driver)->FastIoDispatch = &fast_io)
#include "scaffold.h"
static BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG in_length, PVOID output, ULONG out_length, ULONG code,
                                  PIO_STATUS_BLOCK io_status, PDEVICE_OBJECT device) {
    ULONG copy[2];
    if (code != IOCTL_B || in_length < 8)
        return FALSE;
    io_status->Information = 0;
    io_status->Status = STATUS_SUCCESS;
    __try {
        ProbeForRead(input, 8, 4);
        memcpy(copy, input, 8);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        io_status->Status = STATUS_ACCESS_VIOLATION;
        return TRUE;
    }
#ifdef RF_GOOD
    out_byte(0x43, (UCHAR)copy[1]);
#else
    out_byte((USHORT)copy[0], (UCHAR)copy[1]);
#endif
    return TRUE;
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
