// The two pointers through which guarded code checks and dispatches its indirect calls. In the file they lead to routines that let every
// call pass; the system replaces them when it enforces the guard.
#include "miniwdk.h"

#ifdef RF_X86
VOID FASTCALL guard_check_nothing(PVOID target) { UNREFERENCED_PARAMETER(target); }
#else
VOID guard_check_nothing(PVOID target) { UNREFERENCED_PARAMETER(target); }
#endif
#pragma section(".00cfg", read)
__declspec(allocate(".00cfg")) PVOID const __guard_check_icall_fptr = (PVOID)guard_check_nothing;

#if defined(_M_X64)
__attribute__((naked)) VOID guard_dispatch_nothing(VOID) { __asm__("jmp *%rax"); }
__declspec(allocate(".00cfg")) PVOID const __guard_dispatch_icall_fptr = (PVOID)guard_dispatch_nothing;
#endif
