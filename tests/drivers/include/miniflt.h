// Filter manager declarations for minifilters with a communication port, from the public documentation.
#ifndef RINGFENCE_MINIFLT_H
#define RINGFENCE_MINIFLT_H
#include "scaffold.h"

typedef PVOID PFLT_FILTER, PFLT_PORT, PFLT_INSTANCE;
typedef struct _FLT_OPERATION_REGISTRATION { UCHAR MajorFunction; ULONG Flags; PVOID PreOperation, PostOperation, Reserved1; } FLT_OPERATION_REGISTRATION;
typedef struct _FLT_REGISTRATION {
    USHORT Size, Version; ULONG Flags; const VOID *ContextRegistration; const FLT_OPERATION_REGISTRATION *OperationRegistration;
    NTSTATUS(NTAPI *FilterUnloadCallback)(ULONG); PVOID InstanceSetupCallback, InstanceQueryTeardownCallback, InstanceTeardownStartCallback,
        InstanceTeardownCompleteCallback, GenerateFileNameCallback, NormalizeNameComponentCallback, NormalizeContextCleanupCallback,
        TransactionNotificationCallback, NormalizeNameComponentExCallback, SectionNotificationCallback;
} FLT_REGISTRATION;
#define IRP_MJ_OPERATION_END ((UCHAR)0x80)
#define FLT_PORT_ALL_ACCESS 0x1F0001
typedef NTSTATUS(NTAPI *PFLT_CONNECT_NOTIFY)(PFLT_PORT, PVOID, PVOID, ULONG, PVOID *);
typedef VOID(NTAPI *PFLT_DISCONNECT_NOTIFY)(PVOID);
typedef NTSTATUS(NTAPI *PFLT_MESSAGE_NOTIFY)(PVOID, PVOID, ULONG, PVOID, ULONG, PULONG);

// module FLTMGR.SYS
RF_IMPORT NTSTATUS NTAPI FltRegisterFilter(PDRIVER_OBJECT, const FLT_REGISTRATION *, PFLT_FILTER *);
RF_IMPORT NTSTATUS NTAPI FltStartFiltering(PFLT_FILTER);
RF_IMPORT VOID NTAPI FltUnregisterFilter(PFLT_FILTER);
RF_IMPORT NTSTATUS NTAPI FltCreateCommunicationPort(PFLT_FILTER, PFLT_PORT *, POBJECT_ATTRIBUTES, PVOID, PFLT_CONNECT_NOTIFY, PFLT_DISCONNECT_NOTIFY, PFLT_MESSAGE_NOTIFY, LONG);
RF_IMPORT VOID NTAPI FltCloseCommunicationPort(PFLT_PORT);
RF_IMPORT VOID NTAPI FltCloseClientPort(PFLT_FILTER, PFLT_PORT *);
RF_IMPORT NTSTATUS NTAPI FltBuildDefaultSecurityDescriptor(PSECURITY_DESCRIPTOR *, ACCESS_MASK);
RF_IMPORT VOID NTAPI FltFreeSecurityDescriptor(PSECURITY_DESCRIPTOR);
RF_IMPORT PVOID NTAPI FltGetRoutineAddress(PCSTR);

// A minifilter whose only point is its port \Rf_<name>: RF_FLT_DRIVER(message). RF_PORT_OPEN: the port's descriptor has no access list.
#ifdef RF_PORT_OPEN
#define RF_PORT_PROTECT(d) RtlSetDaclSecurityDescriptor(d, TRUE, NULL, FALSE)
#else
#define RF_PORT_PROTECT(d) STATUS_SUCCESS
#endif
#define RF_FLT_DRIVER(message)                                                                                                     \
    static PFLT_FILTER filter;                                                                                                     \
    static PFLT_PORT server_port, client_port;                                                                                     \
    static NTSTATUS NTAPI on_connect(PFLT_PORT client, PVOID cookie, PVOID context, ULONG size, PVOID *connection) {               \
        UNREFERENCED_PARAMETER(cookie); UNREFERENCED_PARAMETER(context); UNREFERENCED_PARAMETER(size);                             \
        client_port = client;                                                                                                      \
        *connection = NULL;                                                                                                        \
        return STATUS_SUCCESS;                                                                                                     \
    }                                                                                                                              \
    static VOID NTAPI on_disconnect(PVOID connection) {                                                                            \
        UNREFERENCED_PARAMETER(connection);                                                                                        \
        FltCloseClientPort(filter, &client_port);                                                                                  \
    }                                                                                                                              \
    static ULONG NTAPI before_create(PVOID data, PVOID objects, PVOID *context) {                                                  \
        UNREFERENCED_PARAMETER(data); UNREFERENCED_PARAMETER(objects); UNREFERENCED_PARAMETER(context);                            \
        return 1;                                                                                                                  \
    }                                                                                                                              \
    static NTSTATUS NTAPI on_unload(ULONG flags) {                                                                                 \
        UNREFERENCED_PARAMETER(flags);                                                                                             \
        FltCloseCommunicationPort(server_port);                                                                                    \
        FltUnregisterFilter(filter);                                                                                               \
        return STATUS_SUCCESS;                                                                                                     \
    }                                                                                                                              \
    static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_CREATE, 0, (PVOID)before_create, NULL, NULL}, {IRP_MJ_OPERATION_END}}; \
    static const FLT_REGISTRATION registration = {sizeof(FLT_REGISTRATION), 0x0203, 0, NULL, operations, on_unload};               \
    CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {                            \
        UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Rf_" RF_WIDE(RF_NAME));                                                      \
        OBJECT_ATTRIBUTES attributes;                                                                                              \
        PSECURITY_DESCRIPTOR descriptor;                                                                                           \
        NTSTATUS status;                                                                                                           \
        UNREFERENCED_PARAMETER(registry_path);                                                                                     \
        status = FltRegisterFilter(driver, &registration, &filter);                                                                \
        if (!NT_SUCCESS(status))                                                                                                   \
            return status;                                                                                                         \
        status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);                                              \
        if (NT_SUCCESS(status)) {                                                                                                  \
            status = RF_PORT_PROTECT(descriptor);                                                                                  \
            InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, descriptor);            \
            status = FltCreateCommunicationPort(filter, &server_port, &attributes, NULL, on_connect, on_disconnect, message, 1);   \
            FltFreeSecurityDescriptor(descriptor);                                                                                 \
            if (NT_SUCCESS(status))                                                                                                \
                status = FltStartFiltering(filter);                                                                                \
        }                                                                                                                          \
        if (!NT_SUCCESS(status))                                                                                                   \
            FltUnregisterFilter(filter);                                                                                           \
        return status;                                                                                                             \
    }
RF_SIZE(FLT_REGISTRATION, 0x70, 0x3c);
RF_SIZE(FLT_OPERATION_REGISTRATION, 0x20, 0x14);
#endif
