// The caller's process handle leads to the process's job, which is opened with the kernel's rights and handed back.
// Good: with the caller's.
#include "scaffold.h"

typedef PVOID(NTAPI *get_job_t)(PEPROCESS);
typedef struct { ULONG64 process, handle; } related_t;
RF_CONTROL {
    related_t *p = r->buffer;
    UNICODE_STRING name;
    get_job_t get_job;
    PEPROCESS process;
    HANDLE handle;
    PVOID job;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), sizeof(*p));
    RtlInitUnicodeString(&name, L"PsGetProcessJob");
    get_job = (get_job_t)MmGetSystemRoutineAddress(&name);
    if (!get_job)
        return STATUS_NOT_SUPPORTED;
    status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)p->process, 0, *PsProcessType, irp->RequestorMode, (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    job = get_job(process);
    if (!job) {
        ObDereferenceObject(process);
        return STATUS_NOT_SUPPORTED;
    }
#ifdef RF_GOOD
    status = ObOpenObjectByPointer(job, 0, NULL, 4, NULL, UserMode, &handle);
#else
    status = ObOpenObjectByPointer(job, 0, NULL, 4, NULL, KernelMode, &handle);
#endif
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    p->handle = (ULONG_PTR)handle;
    RF_ANSWER(sizeof(*p));
}
RF_WDM_DRIVER(control)
