// The address is stored in the device extension by one request and read through by another. Good: it is an index.
#include "miniwdk.h"
typedef struct { ULONG64 address; ULONG table[16]; } extension_t;
#define RF_EXTENSION extension_t
#include "scaffold.h"
RF_CONTROL {
    extension_t *extension = device->DeviceExtension;
    ULONG64 *p = r->buffer;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(8, 0);
        extension->address = p[0];
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(0, 4);
#ifdef RF_GOOD
    *(ULONG *)p = extension->table[extension->address & 15];
#else
    *(ULONG *)p = *(volatile ULONG *)(ULONG_PTR)extension->address;
#endif
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
