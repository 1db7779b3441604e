// The registers of a chip are mapped at boot, at a constant address; requests give an offset. Good: it is compared with the length.
#include "scaffold.h"

#define REGISTERS 0xfed1c000
#define REGISTERS_LENGTH 0x4000
static volatile UCHAR *registers;
RF_CONTROL {
    ULONG *p = r->buffer;
    ULONG offset;
    if (registers == NULL)
        return STATUS_UNSUCCESSFUL;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(4, 4);
        offset = p[0];
#ifdef RF_GOOD
        if (offset > REGISTERS_LENGTH - 4 || (offset & 3) != 0)
            return STATUS_INVALID_PARAMETER;
#endif
        p[0] = *(volatile ULONG *)(registers + offset);
        RF_ANSWER(4);
    case IOCTL_B:
        RF_LENGTHS(0, 4);
        p[0] = *(volatile ULONG *)(registers + 0x3404);
        RF_ANSWER(4);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
static VOID map_registers(VOID) {
    PHYSICAL_ADDRESS address;
    address.QuadPart = REGISTERS;
    registers = MmMapIoSpace(address, REGISTERS_LENGTH, MmNonCached);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) map_registers()
RF_WDM_DRIVER(control)
