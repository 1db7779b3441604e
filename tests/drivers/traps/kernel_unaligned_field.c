// The pointer stands unaligned in a packed structure. Good: it is compared with the driver's own range.
#include "scaffold.h"

typedef struct { UCHAR tag; ULONG64 address; USHORT value; } __attribute__((packed)) packed_t;
static volatile UCHAR store[64];
RF_CONTROL {
    packed_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->address < (ULONG_PTR)store || p->address > (ULONG_PTR)store + sizeof(store) - 2)
        return STATUS_ACCESS_DENIED;
#else
    store[0] = p->tag;
#endif
    *(volatile USHORT *)(ULONG_PTR)p->address = p->value;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
