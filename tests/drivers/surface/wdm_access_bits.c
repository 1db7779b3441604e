// Codes of every transfer method with access bits; one code checks the access itself.
#include "scaffold.h"
static volatile ULONG state;

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    NTSTATUS status;
    UNREFERENCED_PARAMETER(device);
    switch (RF_CONTROL_CODE(r)) {
    case RF_CODE(0x20, METHOD_BUFFERED, FILE_READ_ACCESS): state = 1; return STATUS_SUCCESS;
    case RF_CODE(0x21, METHOD_IN_DIRECT, FILE_WRITE_ACCESS): state = 2; return STATUS_SUCCESS;
    case RF_CODE(0x35, METHOD_OUT_DIRECT, FILE_READ_ACCESS | FILE_WRITE_ACCESS): state = 3; return STATUS_SUCCESS;
    case RF_CODE(0x47, METHOD_NEITHER, FILE_WRITE_ACCESS): state = 4; return STATUS_SUCCESS;
    case RF_CODE(0x70, METHOD_BUFFERED, FILE_ANY_ACCESS):
        status = IoValidateDeviceIoControlAccess(irp, FILE_WRITE_ACCESS);
        if (NT_SUCCESS(status))
            state = 5;
        return status;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
