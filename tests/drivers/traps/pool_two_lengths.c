// Allocated by one field, copied by another. Good: by one.
#include "scaffold.h"

typedef struct { ULONG size, length; UCHAR data[8]; } blob_t;
RF_CONTROL {
    blob_t *p = r->buffer;
    PUCHAR copy;
    ULONG length;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    length = p->size;
    if (length > r->in_length - 8)
        return STATUS_INVALID_PARAMETER;
#else
    length = p->length;
#endif
    copy = ExAllocatePoolWithTag(NonPagedPoolNx, p->size, DRIVER_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, p->data, length);
    DbgPrint("%u\n", copy[0]);
    ExFreePoolWithTag(copy, DRIVER_TAG);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
