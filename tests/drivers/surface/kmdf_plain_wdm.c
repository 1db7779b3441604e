// Linked with KMDF's stub, but a plain WDM driver: no WdfDriverCreate, its own MajorFunction.
#include "miniwdf.h"
#include "scaffold.h"

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A || RF_CONTROL_CODE(r) == IOCTL_D ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
