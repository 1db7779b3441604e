// The output's length is divided by 8, the records have 32 bytes. Good: by the size of a record.
#include "scaffold.h"

typedef struct { ULONG64 a, b, c, d; } record_t;
static record_t records[64];
RF_CONTROL {
    record_t *out = r->buffer;
    ULONG count;
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    count = r->out_length / sizeof(record_t);
#else
    count = r->out_length / 8;
#endif
    if (count > 64)
        count = 64;
    for (ULONG i = 0; i < count; i++)
        out[i] = records[i];
    RF_ANSWER(count);
}
RF_WDM_DRIVER(control)
