// The work is done by a routine that takes its object in ecx and is reached by a tail jump. Good: the object's own port is used.
#include "scaffold.h"

typedef struct { ULONG port, count; ULONG *request; } worker_t;
static worker_t object;
DECLSPEC_NOINLINE static NTSTATUS __attribute__((thiscall)) run(worker_t *self) {
    self->count++;
#ifdef RF_GOOD
    out_byte((USHORT)self->port, (UCHAR)self->request[1]);
#else
    out_byte((USHORT)self->request[0], (UCHAR)self->request[1]);
#endif
    return STATUS_SUCCESS;
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    object.request = r->buffer;
    __asm__ volatile("" : : "r"(&object) : "memory");
    return run(&object);
}
#undef RF_BOOT
#define RF_BOOT(driver, device) (object.port = 0x61)
RF_WDM_DRIVER(control)
