// Privileged x86 and x64 instructions as inline functions; the names are those that the compilers' intrinsics have.
#ifndef RINGFENCE_INSTRUCTIONS_H
#define RINGFENCE_INSTRUCTIONS_H
#if defined(_M_X64) || defined(_M_IX86)
FORCEINLINE ULONG64 read_msr(ULONG index) {
    ULONG low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return ((ULONG64)high << 32) | low;
}
FORCEINLINE VOID write_msr(ULONG index, ULONG64 value) { __asm__ volatile("wrmsr" : : "c"(index), "a"((ULONG)value), "d"((ULONG)(value >> 32))); }
FORCEINLINE ULONG64 read_pmc(ULONG index) {
    ULONG low, high;
    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(index));
    return ((ULONG64)high << 32) | low;
}
FORCEINLINE UCHAR in_byte(USHORT port) { UCHAR v; __asm__ volatile("inb %w1, %b0" : "=a"(v) : "d"(port)); return v; }
FORCEINLINE USHORT in_word(USHORT port) { USHORT v; __asm__ volatile("inw %w1, %w0" : "=a"(v) : "d"(port)); return v; }
FORCEINLINE ULONG in_dword(USHORT port) { ULONG v; __asm__ volatile("inl %w1, %0" : "=a"(v) : "d"(port)); return v; }
FORCEINLINE VOID out_byte(USHORT port, UCHAR v) { __asm__ volatile("outb %b0, %w1" : : "a"(v), "d"(port)); }
FORCEINLINE VOID out_word(USHORT port, USHORT v) { __asm__ volatile("outw %w0, %w1" : : "a"(v), "d"(port)); }
FORCEINLINE VOID out_dword(USHORT port, ULONG v) { __asm__ volatile("outl %0, %w1" : : "a"(v), "d"(port)); }
FORCEINLINE VOID in_bytes(USHORT port, PUCHAR target, ULONG count) {
    ULONG_PTR n = count;
    __asm__ volatile("rep insb" : "+D"(target), "+c"(n) : "d"(port) : "memory");
}
FORCEINLINE ULONG_PTR read_cr0(VOID) { ULONG_PTR v; __asm__ volatile("mov %%cr0, %0" : "=r"(v)); return v; }
FORCEINLINE VOID write_cr0(ULONG_PTR v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
FORCEINLINE ULONG_PTR read_cr4(VOID) { ULONG_PTR v; __asm__ volatile("mov %%cr4, %0" : "=r"(v)); return v; }
FORCEINLINE VOID write_cr4(ULONG_PTR v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }
FORCEINLINE VOID write_cr3(ULONG_PTR v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
FORCEINLINE VOID copy_bytes(PVOID target, const VOID *source, SIZE_T count) {
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
}
FORCEINLINE VOID fill_pointers(PVOID *target, PVOID value, SIZE_T count) {
#ifdef RF_X86
    __asm__ volatile("rep stosl" : "+D"(target), "+c"(count) : "a"(value) : "memory");
#else
    __asm__ volatile("rep stosq" : "+D"(target), "+c"(count) : "a"(value) : "memory");
#endif
}
#ifdef RF_X86
FORCEINLINE KIRQL read_cr8(VOID) { return 0; }
#else
FORCEINLINE ULONG_PTR read_cr8(VOID) { ULONG_PTR v; __asm__ volatile("mov %%cr8, %0" : "=r"(v)); return v; }
FORCEINLINE VOID write_cr8(ULONG_PTR v) { __asm__ volatile("mov %0, %%cr8" : : "r"(v) : "memory"); }
#endif
#endif
#endif
