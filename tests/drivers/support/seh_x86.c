// The exception handler that x86 functions with __try register: real drivers carry it as a local jump to the kernel's export, so that it
// can stand in the table of safe handlers.
__attribute__((naked)) void __cdecl _except_handler3(void) { __asm__("jmp *__imp___except_handler3"); }
