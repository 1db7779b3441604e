// A WDM preprocessing callback answers one code itself and hands the others to the framework.
#include "miniwdk.h"
struct WDFDEVICE_INIT;
static VOID prepare(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) prepare(init)
#include "scaffold_kmdf.h"
static NTSTATUS NTAPI preprocess(WDFDEVICE device, PIRP irp) {
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_A)
        return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
    if (location->Parameters.DeviceIoControl.InputBufferLength >= 8) {
#ifdef RF_GOOD
        out_dword(0xcf0, p[1]);
#else
        out_dword((USHORT)p[0], p[1]);
#endif
        status = STATUS_SUCCESS;
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, 0);
    return status;
}
static VOID prepare(PWDFDEVICE_INIT init) { WdfDeviceInitAssignWdmIrpPreprocessCallback(init, preprocess, IRP_MJ_DEVICE_CONTROL); }
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_B)
        status = WdfRequestRetrieveInputBuffer(request, 24, (PVOID *)&p, NULL);
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
