// The length stands in the buffer. Good: it is compared with both sizes.
#include "scaffold.h"

typedef struct { ULONG length; UCHAR data[1]; } blob_t;
static volatile ULONG sum;
RF_CONTROL {
    blob_t *p = r->buffer;
    UCHAR copy[128];
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p->length > sizeof(copy) || p->length > r->in_length - 4)
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(copy, p->data, p->length);
    sum += copy[0] + copy[127];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
