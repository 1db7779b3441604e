// The same interpreter is reached by IRP_MJ_WRITE, behind a checksum.
#include "scaffold.h"

typedef struct { ULONG sum, op, port, value; } packet_t;
static NTSTATUS run(const packet_t *p, ULONG length) {
    if (length < sizeof(*p) || p->sum != (p->op ^ p->port ^ p->value))
        return STATUS_INVALID_PARAMETER;
    if (p->op != 3)
        return STATUS_NOT_SUPPORTED;
#ifdef RF_GOOD
    out_byte(0x2f8, (UCHAR)p->value);
#else
    out_byte((USHORT)p->port, (UCHAR)p->value);
#endif
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI on_write(PDEVICE_OBJECT device, PIRP irp) {
    return complete(irp, run(irp->AssociatedIrp.SystemBuffer, IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length), 0);
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    return STATUS_NOT_SUPPORTED;
}
#undef RF_BOOT
#define RF_BOOT(driver, device) ((driver)->MajorFunction[IRP_MJ_WRITE] = on_write, (device)->Flags |= DO_BUFFERED_IO)
RF_WDM_DRIVER(control)
