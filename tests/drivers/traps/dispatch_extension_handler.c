// The handler is found through the device extension, filled at boot.
#include "miniwdk.h"
typedef struct { NTSTATUS (*handlers[3])(ULONG *, ULONG); ULONG codes[3]; } extension_t;
#define RF_EXTENSION extension_t
static VOID fill(extension_t *);
#define RF_BOOT(driver, device) fill((device)->DeviceExtension)
#include "scaffold.h"
static NTSTATUS nothing(ULONG *p, ULONG length) { return STATUS_SUCCESS; }
static NTSTATUS refuse(ULONG *p, ULONG length) { return STATUS_NOT_SUPPORTED; }
static NTSTATUS sink(ULONG *p, ULONG length) {
    if (length < 8)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    out_word(0x510, (USHORT)p[1]);
#else
    out_word((USHORT)p[0], (USHORT)p[1]);
#endif
    return STATUS_SUCCESS;
}
static VOID fill(extension_t *extension) {
    extension->handlers[0] = nothing, extension->codes[0] = IOCTL_A;
    extension->handlers[1] = sink, extension->codes[1] = IOCTL_B;
    extension->handlers[2] = refuse, extension->codes[2] = IOCTL_C;
}
RF_CONTROL {
    extension_t *extension = device->DeviceExtension;
    for (ULONG i = 0; i < 3; i++)
        if (extension->codes[i] == RF_CONTROL_CODE(r))
            return extension->handlers[i](r->buffer, r->in_length);
    return STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
