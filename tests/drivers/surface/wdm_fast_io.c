// Control codes arrive by the fast path too: FastIoDeviceControl handles one code that the slow path does not know.
#include "miniwdk.h"
static FAST_IO_DISPATCH fast_io;
static BOOLEAN NTAPI fast_control(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK, PDEVICE_OBJECT);
#define RF_BOOT(driver, device) (fast_io.SizeOfFastIoDispatch = sizeof(fast_io), fast_io.FastIoDeviceControl = fast_control, (driver)->FastIoDispatch = &fast_io)
#include "scaffold.h"

static BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG in_length, PVOID output, ULONG out_length, ULONG code,
                                  PIO_STATUS_BLOCK io_status, PDEVICE_OBJECT device) {
    UNREFERENCED_PARAMETER(file); UNREFERENCED_PARAMETER(wait); UNREFERENCED_PARAMETER(input); UNREFERENCED_PARAMETER(in_length);
    UNREFERENCED_PARAMETER(output); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(device);
    if (code != IOCTL_B)
        return FALSE;
    io_status->Status = STATUS_SUCCESS;
    io_status->Information = 0;
    return TRUE;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
