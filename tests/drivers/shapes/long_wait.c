// Every request first settles the hardware: a routine that polls it in constant loops, far longer than anything is followed. What
// tells the codes apart stands behind it.
#include "scaffold.h"
static ULONG settled;

static __attribute__((noinline)) ULONG settle(ULONG rounds) {
    ULONG sum = 0;
    for (ULONG round = 0; round < rounds; round++)
        for (ULONG port = 0; port < 0x100; port++)
            sum += in_byte((USHORT)(0x300 + (port & 7))) ^ round;
    return sum;
}
RF_CONTROL {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (in_byte(0x64) != 0xff)
        settled = settle(0x4000);
    else
        return STATUS_UNSUCCESSFUL;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(0, 4);
        *(ULONG *)r->buffer = settled;
        RF_ANSWER(4);
    case IOCTL_B:
        settled = 0;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
