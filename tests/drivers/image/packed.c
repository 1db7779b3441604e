// The outside of a packed driver: an entry stub that decodes a section and jumps into it; tools/patch_image.py fills the section with noise.
#include "miniwdk.h"

#pragma section("UPX0", read, write)
__declspec(allocate("UPX0")) UCHAR payload[0x6000] = {1};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNICODE_STRING name;
    ULONG key = 0x5bd1e995;
    RtlInitUnicodeString(&name, L"ExAllocatePoolWithTag");
    for (ULONG i = 0; i < sizeof(payload); i++) {
        key = key * 1664525 + 1013904223;
        payload[i] ^= (UCHAR)(key >> 24);
    }
    return ((NTSTATUS(NTAPI *)(PDRIVER_OBJECT, PUNICODE_STRING))(PVOID)payload)(driver, registry_path);
}
