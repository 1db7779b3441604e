// The length in the message is fetched again after its test. Good: once.
#define RF_PORT_OPEN
#include "miniflt.h"
typedef struct { ULONG length; UCHAR data[4]; } blob_t;
static volatile ULONG sum;
static NTSTATUS NTAPI message(PVOID cookie, PVOID input, ULONG in_length, PVOID output, ULONG out_length, PULONG returned) {
    volatile blob_t *p = input;
    UCHAR copy[64];
    ULONG length;
    *returned = 0;
    if (input == NULL || in_length < sizeof(blob_t))
        return STATUS_INVALID_PARAMETER;
    __try {
        length = p->length;
        if (length > sizeof(copy) || length > in_length - 4)
            return STATUS_INVALID_PARAMETER;
#ifndef RF_GOOD
        length = p->length;
#endif
        memcpy(copy, (PVOID)p->data, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    sum += copy[0] + copy[63];
    return STATUS_SUCCESS;
}
RF_FLT_DRIVER(message)
