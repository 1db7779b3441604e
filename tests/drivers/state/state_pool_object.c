// An object in the pool holds a routine; one request makes it from the caller's bytes, another calls it. Good: the routine is the driver's.
#include "scaffold.h"

typedef struct { ULONG(NTAPI *routine)(ULONG); ULONG argument; } object_t;
static object_t *object;
static ULONG NTAPI twice(ULONG x) { return x * 2; }
RF_CONTROL {
    ULONG64 *p = r->buffer;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(16, 0);
        if (object == NULL && (object = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*object), DRIVER_TAG)) == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
#ifdef RF_GOOD
        object->routine = twice;
#else
        object->routine = p[0] ? (ULONG(NTAPI *)(ULONG))(ULONG_PTR)p[0] : twice;
#endif
        object->argument = (ULONG)p[1];
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(0, 4);
    if (object == NULL)
        return STATUS_UNSUCCESSFUL;
    *(ULONG *)p = object->routine(object->argument);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
