// A kernel streaming property stores through an address in its data. Good: into a table of its own.
#include "miniks.h"
static const GUID set_guid = {0x1c5f3b04, 0x88d1, 0x4b32, {0xa0, 0x6d, 0x5e, 0x19, 0x42, 0x7b, 0x90, 0x11}};
static const GUID filter_guid = {0x1c5f3b05, 0x88d1, 0x4b32, {0xa0, 0x6d, 0x5e, 0x19, 0x42, 0x7b, 0x90, 0x11}};
static volatile ULONG table[4];
typedef struct { ULONG_PTR address; ULONG value; } store_t;

static NTSTATUS NTAPI set_value(PIRP irp, PVOID identifier, PVOID data) {
    store_t *store = data;
    UNREFERENCED_PARAMETER(irp); UNREFERENCED_PARAMETER(identifier);
#ifdef RF_GOOD
    if (store->address >= 4)
        return STATUS_INVALID_PARAMETER;
    table[store->address] = store->value;
#else
    *(volatile ULONG *)store->address = store->value + table[0];
#endif
    return STATUS_SUCCESS;
}
static const KSPROPERTY_ITEM items[] = {{9, NULL, 24, 16, set_value}};
static const KSPROPERTY_SET sets[] = {{&set_guid, 1, items}};
static const KSAUTOMATION_TABLE automation = {1, sizeof(KSPROPERTY_ITEM), sets};
static const KSFILTER_DESCRIPTOR filter = {NULL, &automation, (ULONG)-1, 0, &filter_guid};
static const KSFILTER_DESCRIPTOR *const filters[] = {&filter};
static const KSDEVICE_DESCRIPTOR device = {NULL, 1, filters, 0x100};

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    return KsInitializeDriver(driver, registry_path, &device);
}
