// IRP_MJ_CREATE puts a session into a list; a code looks for the session of its file object, leaves an address in it, and
// another one writes there. Good: the address stays the driver's.
#include "miniwdk.h"
DRIVER_DISPATCH open_session;
#define RF_CREATE open_session
#include "scaffold.h"
typedef struct { LIST_ENTRY link; PVOID file; volatile ULONG *target; } session_t;
static LIST_ENTRY sessions = {&sessions, &sessions};
static volatile ULONG own;
NTSTATUS NTAPI open_session(PDEVICE_OBJECT device, PIRP irp) {
    session_t *session = ExAllocatePoolWithTag(NonPagedPool, sizeof(*session), 'sseS');
    UNREFERENCED_PARAMETER(device);
    if (session == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    session->file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    session->target = &own;
    session->link.Flink = sessions.Flink;
    session->link.Blink = &sessions;
    sessions.Flink->Blink = &session->link;
    sessions.Flink = &session->link;
    return complete(irp, STATUS_SUCCESS, 0);
}
RF_CONTROL {
    ULONG64 *p = r->buffer;
    session_t *session = NULL;
    for (LIST_ENTRY *at = sessions.Flink; at != &sessions; at = at->Flink)
        if (((session_t *)at)->file == r->stack->FileObject)
            session = (session_t *)at;
    if (session == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(8, 0);
#ifndef RF_GOOD
        session->target = (volatile ULONG *)(ULONG_PTR)p[0];
#endif
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(8, 0);
    *session->target = (ULONG)p[0];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
