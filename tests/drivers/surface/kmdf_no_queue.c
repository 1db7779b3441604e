// A KMDF driver with a device and an interface, but no queue: there is nothing to send a control code to.
#include "scaffold_kmdf.h"
static const GUID interface_guid = {0x2222aaaa, 0x2b1c, 0x4f0e, {0x91, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x99}};
RF_KMDF_ENTRY({ status = WdfDeviceCreateDeviceInterface(device, &interface_guid, NULL); })
