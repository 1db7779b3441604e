// Requests put nodes into a list, another finds one by its number and copies its stored length. Good: the length is checked when it is stored.
#include "miniwdk.h"
typedef struct { LIST_ENTRY link; ULONG number, length; } node_t;
static LIST_ENTRY head = {&head, &head};
#include "scaffold.h"
static volatile ULONG sum;
RF_CONTROL {
    ULONG *p = r->buffer;
    UCHAR copy[64];
    node_t *node;
    RF_LENGTHS(8, 0);
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
#ifdef RF_GOOD
        if (p[1] > sizeof(copy))
            return STATUS_INVALID_PARAMETER;
#endif
        node = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*node), DRIVER_TAG);
        if (node == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        node->number = p[0];
        node->length = p[1];
        node->link.Flink = head.Flink;
        node->link.Blink = &head;
        head.Flink->Blink = &node->link;
        head.Flink = &node->link;
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    for (PLIST_ENTRY entry = head.Flink; entry != &head; entry = entry->Flink) {
        node = CONTAINING_RECORD(entry, node_t, link);
        if (node->number == p[0] && node->length <= r->in_length) {
            memcpy(copy, p, node->length);
            sum += copy[0] + copy[63];
            return STATUS_SUCCESS;
        }
    }
    return STATUS_UNSUCCESSFUL;
}
RF_WDM_DRIVER(control)
