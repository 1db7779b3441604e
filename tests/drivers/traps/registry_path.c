// A value in the caller's key is set. Good: in the driver's own key.
#include "scaffold.h"

typedef struct { WCHAR key[64]; WCHAR value[32]; ULONG data; } registry_t;
RF_CONTROL {
    registry_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
    p->key[63] = p->value[31] = 0;
#ifdef RF_GOOD
    return RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"rftest\\Parameters", L"Level", REG_DWORD, &p->data, 4);
#else
    return RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, p->key, p->value, REG_DWORD, &p->data, 4);
#endif
}
RF_WDM_DRIVER(control)
