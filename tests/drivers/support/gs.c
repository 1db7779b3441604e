// The stack cookie of a driver and the entry point that seeds it, with the shape that the system's own buffer-overflow library has: the
// initial value is the documented default, the entry point replaces it from the tick count of the shared user page, then jumps on.
// Variants: RF_COOKIE_INITIAL gives another initial value; RF_ENTRY_TARGET names what runs next (DriverEntry or FxDriverEntry);
// RF_USER_MODE leaves the entry point out.
#include "miniwdk.h"

#if defined(RF_USER_MODE)
#define TICK_COUNT (*(volatile ULONG *)0x7FFE0320)
#elif defined(RF_X86)
#define TICK_COUNT (*(volatile ULONG *)0xFFDF0320u)
#else
#define TICK_COUNT (*(volatile ULONG_PTR *)0xFFFFF78000000320ull)
#endif
#ifdef RF_X86
#define COOKIE_DEFAULT 0xBB40E64Eu
#else
#define COOKIE_DEFAULT 0x00002B992DDFA232ull
#endif
#ifndef RF_COOKIE_INITIAL
#define RF_COOKIE_INITIAL COOKIE_DEFAULT
#endif
#ifndef RF_ENTRY_TARGET
#define RF_ENTRY_TARGET DriverEntry
#endif

ULONG_PTR __security_cookie = RF_COOKIE_INITIAL;
ULONG_PTR __security_cookie_complement = ~(ULONG_PTR)RF_COOKIE_INITIAL;
NTSTATUS NTAPI RF_ENTRY_TARGET(PDRIVER_OBJECT, PUNICODE_STRING);

__declspec(noreturn) static VOID report_stack_overrun(VOID) {
#if defined(_M_ARM64)
    __asm__ volatile("mov w0, #2\n\tbrk #0xf003");
#else
    __asm__ volatile("int $0x29" : : "c"(2));
#endif
    __builtin_unreachable();
}

#ifdef RF_X86
VOID FASTCALL __security_check_cookie(ULONG_PTR cookie)
#else
VOID __security_check_cookie(ULONG_PTR cookie)
#endif
{
    if (cookie != __security_cookie)
        report_stack_overrun();
}

CODE_SEG("INIT") DECLSPEC_NOINLINE VOID __cdecl __security_init_cookie(VOID) {
    ULONG_PTR cookie = __security_cookie;
    if (cookie == 0 || cookie == COOKIE_DEFAULT) {
        cookie = TICK_COUNT ^ (ULONG_PTR)&__security_cookie;
#ifndef RF_X86
        cookie &= 0x0000FFFFFFFFFFFFull;
#endif
        if (cookie == 0)
            cookie = COOKIE_DEFAULT;
        __security_cookie = cookie;
    }
    __security_cookie_complement = ~cookie;
}

#ifndef RF_USER_MODE
CODE_SEG("INIT") NTSTATUS NTAPI GsDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    __security_init_cookie();
    return RF_ENTRY_TARGET(driver, registry_path);
}
#endif
