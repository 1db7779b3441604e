// HalGetBusDataByOffset and HalSetBusDataByOffset with the caller's slot. Good: the bus data type is that of the CMOS clock.
#include "scaffold.h"

typedef struct { ULONG bus, slot, offset, value; } pci_t;
RF_CONTROL {
    pci_t *p = r->buffer;
    RF_LENGTHS(sizeof(*p), sizeof(*p));
#ifdef RF_GOOD
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        HalGetBusDataByOffset(Cmos, 0, 0, &p->value, 0, 1);
        RF_ANSWER(sizeof(*p));
    }
#else
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        HalGetBusDataByOffset(PCIConfiguration, p->bus, p->slot, &p->value, p->offset, 4);
        RF_ANSWER(sizeof(*p));
    }
    if (RF_CONTROL_CODE(r) == IOCTL_B) {
        HalSetBusDataByOffset(PCIConfiguration, p->bus, p->slot, &p->value, p->offset, 4);
        RF_ANSWER(sizeof(*p));
    }
#endif
    return STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
