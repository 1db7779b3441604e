// The body that a driver gets when it calls IoCreateDeviceSecure: the library of that name is linked statically, so no import tells of it.
// Written from the documented behaviour: use the kernel's own routine when it has one; else turn the SDDL text into a descriptor, create
// the device, and set the descriptor on it before anybody can open it.
#include "miniwdk.h"

#define WRITE_DAC 0x40000
typedef NTSTATUS(NTAPI *create_secure_t)(PDRIVER_OBJECT, ULONG, PUNICODE_STRING, DEVICE_TYPE, ULONG, BOOLEAN, PCUNICODE_STRING, const GUID *, PDEVICE_OBJECT *);

typedef struct { WCHAR first, second; UCHAR field; } sid_name_t;
#define SID_FIELD(member) (UCHAR)(__builtin_offsetof(SE_EXPORTS, member) / sizeof(PVOID))
static const sid_name_t sid_names[] = {
    {'S', 'Y', SID_FIELD(SeLocalSystemSid)}, {'B', 'A', SID_FIELD(SeAliasAdminsSid)}, {'W', 'D', SID_FIELD(SeWorldSid)},
    {'B', 'U', SID_FIELD(SeAliasUsersSid)},  {'I', 'U', SID_FIELD(SeInteractiveSid)}, {'N', 'U', SID_FIELD(SeNetworkSid)},
};
typedef struct { WCHAR first, second; ACCESS_MASK mask; } right_name_t;
static const right_name_t right_names[] = {
    {'G', 'A', GENERIC_ALL}, {'G', 'R', GENERIC_READ}, {'G', 'W', GENERIC_WRITE}, {'G', 'X', 0x20000000}, {'F', 'A', 0x1F01FF}, {'R', 'C', 0x20000},
};

static PSID sid_of(const WCHAR *p) {
    for (ULONG i = 0; i < sizeof(sid_names) / sizeof(sid_names[0]); i++)
        if (p[0] == sid_names[i].first && p[1] == sid_names[i].second)
            return ((PSID *)SeExports)[sid_names[i].field];
    return NULL;
}

static const WCHAR *parse_rights(const WCHAR *p, ACCESS_MASK *mask) {
    *mask = 0;
    if (p[0] == '0' && p[1] == 'x') {
        for (p += 2; *p && *p != ';'; p++) {
            WCHAR c = *p | 0x20;
            *mask = *mask * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        return p;
    }
    while (*p && *p != ';') {
        for (ULONG i = 0; i < sizeof(right_names) / sizeof(right_names[0]); i++)
            if (p[0] == right_names[i].first && p[1] == right_names[i].second)
                *mask |= right_names[i].mask;
        p += 2;
    }
    return p;
}

// One entry, `(A;flags;rights;;;sid)`; returns where the next one starts, NULL at an error.
static const WCHAR *parse_entry(const WCHAR *p, PACL acl) {
    ACCESS_MASK mask;
    PSID sid;
    if (p[0] != '(' || p[1] != 'A' || p[2] != ';')
        return NULL;
    for (p += 3; *p && *p != ';'; p++)
        ;
    p = parse_rights(p + 1, &mask);
    if (p[0] != ';' || p[1] != ';' || p[2] != ';' || (sid = sid_of(p + 3)) == NULL || p[5] != ')')
        return NULL;
    if (!NT_SUCCESS(RtlAddAccessAllowedAce(acl, ACL_REVISION, mask, sid)))
        return NULL;
    return p + 6;
}

static NTSTATUS descriptor_from_text(PCUNICODE_STRING text, SECURITY_DESCRIPTOR *descriptor, PACL acl, ULONG acl_size) {
    const WCHAR *p = text->Buffer, *end = text->Buffer + text->Length / sizeof(WCHAR);
    NTSTATUS status = RtlCreateAcl(acl, acl_size, ACL_REVISION);
    if (!NT_SUCCESS(status) || p[0] != 'D' || p[1] != ':')
        return STATUS_INVALID_PARAMETER;
    for (p += 2; p < end && *p != '('; p++)
        ;
    while (p != NULL && p < end)
        p = parse_entry(p, acl);
    if (p == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlCreateSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION);
    return RtlSetDaclSecurityDescriptor(descriptor, TRUE, acl, FALSE);
}

DECLSPEC_NOINLINE NTSTATUS NTAPI RfCreateDeviceSecure(PDRIVER_OBJECT driver, ULONG extension, PUNICODE_STRING name, DEVICE_TYPE type, ULONG characteristics,
                                                      BOOLEAN exclusive, PCUNICODE_STRING sddl, const GUID *class_guid, PDEVICE_OBJECT *device) {
    UNICODE_STRING routine;
    create_secure_t kernel;
    SECURITY_DESCRIPTOR descriptor;
    ULONG_PTR acl[64];
    HANDLE handle;
    NTSTATUS status;
    RtlInitUnicodeString(&routine, L"IoCreateDeviceSecure");
    kernel = (create_secure_t)MmGetSystemRoutineAddress(&routine);
    if (kernel != NULL)
        return kernel(driver, extension, name, type, characteristics, exclusive, sddl, class_guid, device);
    status = descriptor_from_text(sddl, &descriptor, (PACL)acl, sizeof(acl));
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateDevice(driver, extension, name, type, characteristics, exclusive, device);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(*device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &handle);
    if (NT_SUCCESS(status)) {
        status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
        ZwClose(handle);
    }
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(*device);
        *device = NULL;
    }
    return status;
}
