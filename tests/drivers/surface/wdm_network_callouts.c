// A WFP callout and a Winsock kernel client, beside a plain device.
#include "miniks.h"
static NTSTATUS register_network(struct _DEVICE_OBJECT *);
#undef RF_BOOT
#define RF_BOOT(driver, device) status = register_network(device)
static volatile ULONG count;
static WSK_REGISTRATION registration;
static const WSK_CLIENT_DISPATCH dispatch_table = {0x100, 0, 0, NULL};

static VOID NTAPI classify(PVOID values, PVOID metadata, PVOID layer, PVOID context, PVOID filter, ULONG64 flow, PVOID out) {
    UNREFERENCED_PARAMETER(flow);
    count += values != metadata && layer != context && filter != out;
}
static NTSTATUS NTAPI notify(ULONG type, const GUID *key, PVOID filter) { count += type + (key != filter); return STATUS_SUCCESS; }

static NTSTATUS register_network(PDEVICE_OBJECT device) {
    FWPS_CALLOUT1 callout = {{0x33445566, 0x7788, 0x4a4b, {1, 2, 3, 4, 5, 6, 7, 8}}, 0, (PVOID)classify, (PVOID)notify, NULL};
    WSK_CLIENT_NPI npi = {NULL, &dispatch_table};
    ULONG id;
    NTSTATUS status = FwpsCalloutRegister1(device, &callout, &id);
    return NT_SUCCESS(status) ? WskRegister(&npi, &registration) : status;
}
static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
