// The caller's number selects one of the driver's own pointers; what lies behind it is read and written. Nothing bounds the number.
// Good: it is bounded, and who chooses it chooses among the driver's objects, not an address.
#define RF_EXTENSION extension_t
#define RF_BOOT(driver, device) remember(device)
#include "miniwdk.h"

typedef struct {
    ULONG count, value;
} record_t;
typedef struct {
    ULONG_PTR opened;
    record_t *volatile records[1025];
} extension_t;

#include "scaffold.h"

static void remember(PDEVICE_OBJECT device) {
    extension_t *own = device->DeviceExtension;
    record_t *record = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(record_t), 'tslS');
    if (record)
        record->count = record->value = 0;
    own->records[3] = record;
}
RF_CONTROL {
    extension_t *own = device->DeviceExtension;
    ULONG *p = r->buffer;
    record_t *record;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    if (p[0] > 1024)
        return STATUS_INVALID_PARAMETER;
#endif
    record = own->records[p[0]];
    if (!record)
        return STATUS_INVALID_PARAMETER;
    record->count += 1;
    p[0] = record->value;
    p[1] = 0;
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
