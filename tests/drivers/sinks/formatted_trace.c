// Every step of a command is written as a line of text into a buffer on the stack, with numbers that nobody knows: many ways through
// the bookkeeping of lengths, none of which matters. What the command does comes last. Good: it does it to one register.
#include "scaffold.h"

static volatile ULONG lines;

static __attribute__((noinline)) void append(CHAR **at, LONG *left, const CHAR * format, ...) {
    __builtin_va_list arguments;
    LONG length;
    if (*left < 0)
        return;
    __builtin_va_start(arguments, format);
    length = _vsnprintf(*at, (SIZE_T)*left, format, arguments);
    __builtin_va_end(arguments);
    if (length < 0) {
        **at = 0;
        *left = -1;
        return;
    }
    *at += length;
    *left -= length;
}

static __attribute__((noinline)) void trace(const CHAR * routine, ULONG line, ULONG a, ULONG b) {
    CHAR text[512];
    CHAR *at = text;
    LONG left = sizeof text - 1;
    append(&at, &left, "%s: ", routine);
    append(&at, &left, "line %u ", line);
    append(&at, &left, "%08x ", a);
    append(&at, &left, "%d ", b);
    append(&at, &left, "in %p", (PVOID)PsGetCurrentThreadId());
    append(&at, &left, " of %p\n", (PVOID)PsGetCurrentProcessId());
    lines += (ULONG)(at - text);
}

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    trace("control", __LINE__, r->in_length, r->out_length);
    RF_LENGTHS(8, 8);
    trace("control", __LINE__, p[0], p[1]);
    trace("control", __LINE__, p[1], lines);
    trace("control", __LINE__, lines, p[0] + p[1]);
#ifdef RF_GOOD
    if (p[0] != 0x10)
        return STATUS_INVALID_PARAMETER;
#endif
    trace("read", __LINE__, p[0], lines);
    trace("read", __LINE__, p[0], p[1]);
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
