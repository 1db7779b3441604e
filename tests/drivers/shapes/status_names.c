// Every failure is logged with the name of its status, chosen among two hundred, and printed with a width; between two such lines
// stands the operation. What the names do to the number of paths must not hide it.
#include "scaffold.h"
#define NAME_1(n) case (NTSTATUS)(0xc0000001u + (n) * 37u): return "STATUS_NUMBER_" #n;
#define NAME_5(n) NAME_1(n##0) NAME_1(n##1) NAME_1(n##2) NAME_1(n##3) NAME_1(n##4)
#define NAME_50(n) NAME_5(n##1) NAME_5(n##2) NAME_5(n##3) NAME_5(n##4) NAME_5(n##5) NAME_5(n##6) NAME_5(n##7) NAME_5(n##8) NAME_5(n##9)

static volatile ULONG last_length;

static __attribute__((noinline)) const CHAR *name_of(NTSTATUS status) {
    switch (status) {
        NAME_50(1)
        NAME_50(2)
        NAME_50(3)
        NAME_50(4)
    default:
        return "STATUS_OF_ANOTHER_NAME";
    }
}
static __attribute__((noinline)) VOID log_line(const CHAR *what, NTSTATUS status) {
    const CHAR *name = name_of(status);
    CHAR line[96];
    ULONG length = 0;
    while (*what != 0 && length < 40)
        line[length++] = *what++;
    while (*name != 0 && length < 90) {
        line[length++] = *name == '_' ? ' ' : *name;
        name++;
    }
    line[length] = 0;
    last_length = length;
    DbgPrint("%s\n", line);
}
static __attribute__((noinline)) NTSTATUS ask_device(VOID) {
    if (in_byte(0x64) & 1)
        return STATUS_SUCCESS;
    return (NTSTATUS)(0xc0000000u | (ULONG)in_byte(0x60) << 8 | in_byte(0x61));
}
// Asks again and again; one bit for each success.
static __attribute__((noinline)) ULONG successes(VOID) {
    ULONG bits = 0;
    for (ULONG attempt = 0; attempt < 6; attempt++) {
        NTSTATUS status = ask_device();
        if (NT_SUCCESS(status))
            bits |= 1u << attempt;
        else
            log_line("device: ", status);
    }
    return bits;
}
RF_CONTROL {
    ULONG *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case IOCTL_A:
        RF_LENGTHS(8, 0);
        if (successes() <= 0x2a) {
#ifdef RF_GOOD
            out_byte(0x70, (UCHAR)p[1]);
#else
            out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
        }
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
