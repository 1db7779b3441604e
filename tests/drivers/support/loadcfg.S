// The load configuration directory (IMAGE_LOAD_CONFIG_DIRECTORY), 64-bit and 32-bit forms, up to the field behind the guard flags of its
// age. In assembly because two fields are the 32-bit values of linker-made absolute symbols. RF_CFG adds the guard fields,
// RF_SAFESEH the handler table of x86; RF_NO_COOKIE leaves the cookie out. Behind it stands room for debug entries (tools/patch_image.py).
#if defined(__i386__)
    .globl "@feat.00"
    .set "@feat.00", 1
#endif
    .section .rdata,"dr"
    .p2align 3
#if defined(__i386__)
    .globl __load_config_used
__load_config_used:
    .long 0xa4
    .fill 0x38, 1, 0
#ifdef RF_NO_COOKIE
    .long 0
#else
    .long ___security_cookie
#endif
#ifdef RF_SAFESEH
    .long ___safe_se_handler_table
    .long ___safe_se_handler_count
#else
    .long 0, 0
#endif
#ifdef RF_CFG
    .long ___guard_check_icall_fptr
    .long 0
    .long ___guard_fids_table
    .long ___guard_fids_count
    .long ___guard_flags
#else
    .long 0, 0, 0, 0, 0
#endif
    .fill 0xa4 - 0x5c, 1, 0
#else
    .globl _load_config_used
_load_config_used:
    .long 0x108
    .fill 0x54, 1, 0
#ifdef RF_NO_COOKIE
    .quad 0
#else
    .quad __security_cookie
#endif
    .quad 0, 0
#ifdef RF_CFG
    .quad __guard_check_icall_fptr
#if defined(__x86_64__)
    .quad __guard_dispatch_icall_fptr
#else
    .quad 0
#endif
    .quad __guard_fids_table
    .quad __guard_fids_count
    .long __guard_flags
#else
    .quad 0, 0, 0, 0
    .long 0
#endif
    .fill 0x108 - 0x94, 1, 0
#endif
    .p2align 4
    .ascii "RFDEBUGDIRECTORY"
    .fill 0xd8 - 16, 1, 0
