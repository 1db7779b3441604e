// One named device, one default queue, two codes; built for the three ways in which a KMDF driver reaches its function table.
#include "scaffold_kmdf.h"

static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG *input, *output;
    ULONG_PTR information = 0;
    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(out_length);
    UNREFERENCED_PARAMETER(in_length);
    switch (code) {
    case IOCTL_A:
        status = WdfRequestRetrieveOutputBuffer(request, 4, (PVOID *)&output, NULL);
        if (NT_SUCCESS(status)) {
            *output = 0x10002;
            information = 4;
        }
        break;
    case IOCTL_B:
        status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&input, NULL);
        if (NT_SUCCESS(status))
            DbgPrint("value %u\n", input[0] + input[1]);
        break;
    }
    WdfRequestCompleteWithInformation(request, status, information);
}
RF_KMDF_DRIVER(control)
