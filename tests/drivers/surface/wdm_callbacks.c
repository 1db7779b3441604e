// Everything a driver can register besides its dispatch routines: process, image, registry and object callbacks, a timer's DPC, a work item.
#include "miniwdk.h"
static NTSTATUS register_all(struct _DRIVER_OBJECT *, struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = register_all(driver, device)
#include "scaffold.h"

typedef struct { PVOID object_type; ULONG operations; PVOID pre, post; } operation_registration_t;
typedef struct { USHORT version, count; UNICODE_STRING altitude; PVOID context; operation_registration_t *operations; } callback_registration_t;
static KTIMER timer;
static KDPC dpc;
static LARGE_INTEGER cookie;
static PVOID object_registration;
static volatile ULONG count;

static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create) { count += (ULONG)(ULONG_PTR)parent + (ULONG)(ULONG_PTR)process + create; }
static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE process, PVOID image) { count += name != NULL && process != NULL && image != NULL; }
static NTSTATUS NTAPI on_registry(PVOID context, PVOID operation, PVOID argument) { count += context != operation && argument != NULL; return STATUS_SUCCESS; }
static ULONG NTAPI on_handle(PVOID context, PVOID information) { count += context != information; return 0; }
static VOID NTAPI on_timer(PKDPC d, PVOID context, PVOID a, PVOID b) { count += d != context && a == b; }
static VOID NTAPI on_work(PDEVICE_OBJECT device, PVOID context) { count += device->Flags; IoFreeWorkItem(context); }

static NTSTATUS register_all(PDRIVER_OBJECT driver, PDEVICE_OBJECT device) {
    operation_registration_t operation = {PsProcessType, 1, (PVOID)on_handle, NULL};
    callback_registration_t registration = {0x100, 1, RTL_CONSTANT_STRING(L"385210.7"), NULL, &operation};
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    LARGE_INTEGER due = {.QuadPart = -10000000};
    UNREFERENCED_PARAMETER(driver);
    PsSetCreateProcessNotifyRoutine(on_process, FALSE);
    PsSetLoadImageNotifyRoutine(on_image);
    CmRegisterCallback((PVOID)on_registry, NULL, &cookie);
    ObRegisterCallbacks(&registration, &object_registration);
    KeInitializeDpc(&dpc, on_timer, NULL);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, &dpc);
    if (item)
        IoQueueWorkItem(item, on_work, DelayedWorkQueue, item);
    return STATUS_SUCCESS;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
