// A UNICODE_STRING in the buffer is trusted with its length. Good: length and target are compared.
#include "scaffold.h"

typedef struct { USHORT length, maximum; WCHAR text[2]; } string_t;
static volatile ULONG sum;
RF_CONTROL {
    string_t *p = r->buffer;
    WCHAR copy[40];
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if (p->length > sizeof(copy) || p->length > r->in_length - 4)
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(copy, p->text, p->length);
    sum += copy[0] + copy[39];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
