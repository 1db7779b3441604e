// The kernel declarations that the test drivers use, written from the public documentation of the interfaces; no Windows kit is
// needed or included. Layouts are those of the documented x64, ARM64 and x86 systems and are asserted at the end of the file: a
// driver of ours must place every field where a real one does, because the analyser reads the machine code.
#ifndef RINGFENCE_MINIWDK_H
#define RINGFENCE_MINIWDK_H

#if defined(_M_IX86)
#define RF_X86 1
#define RF_SELECT(wide, narrow) (narrow)
#else
#define RF_SELECT(wide, narrow) (wide)
#endif

#define NTAPI __stdcall
#define FASTCALL __fastcall
#define NTKERNELAPI __declspec(dllimport)
#define VOID void
#define CONST const
#define TRUE 1
#define FALSE 0
#define NULL ((void *)0)
#define FORCEINLINE static __inline __attribute__((always_inline))
#define DECLSPEC_NOINLINE __declspec(noinline)
#define CODE_SEG(name) __declspec(code_seg(name))
#define UNREFERENCED_PARAMETER(x) ((void)(x))

typedef char CHAR, *PCHAR;
typedef signed char SCHAR;
typedef unsigned char UCHAR, BOOLEAN, *PUCHAR, *PBOOLEAN, KIRQL, *PKIRQL;
typedef char KPROCESSOR_MODE;
typedef short SHORT, *PSHORT, CSHORT;
typedef unsigned short USHORT, *PUSHORT, WORD;
typedef int LONG, *PLONG, NTSTATUS, BOOL;
typedef unsigned int ULONG, *PULONG, DWORD, ACCESS_MASK, DEVICE_TYPE, *PACCESS_MASK;
typedef long long LONGLONG, LONG64;
typedef unsigned long long ULONGLONG, ULONG64, *PULONG64, *PULONGLONG;
typedef unsigned short WCHAR, *PWCHAR, *PWSTR;
typedef const WCHAR *PCWSTR;
typedef const char *PCSTR;
typedef void *PVOID, *HANDLE, **PHANDLE;
#ifdef RF_X86
typedef unsigned int ULONG_PTR, SIZE_T, *PSIZE_T, *PULONG_PTR, KAFFINITY, KSPIN_LOCK;
typedef int LONG_PTR;
#else
typedef unsigned long long ULONG_PTR, SIZE_T, *PSIZE_T, *PULONG_PTR, KAFFINITY, KSPIN_LOCK;
typedef long long LONG_PTR;
#endif
typedef ULONG_PTR size_t;

typedef union _LARGE_INTEGER {
    struct { ULONG LowPart; LONG HighPart; };
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _UNICODE_STRING { USHORT Length, MaximumLength; PWSTR Buffer; } UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;
typedef struct _STRING { USHORT Length, MaximumLength; PCHAR Buffer; } STRING, ANSI_STRING, *PANSI_STRING;
typedef struct _LIST_ENTRY { struct _LIST_ENTRY *Flink, *Blink; } LIST_ENTRY, *PLIST_ENTRY;
typedef struct _SINGLE_LIST_ENTRY { struct _SINGLE_LIST_ENTRY *Next; } SINGLE_LIST_ENTRY;
typedef struct _GUID { ULONG Data1; USHORT Data2, Data3; UCHAR Data4[8]; } GUID;
typedef struct _LUID { ULONG LowPart; LONG HighPart; } LUID, *PLUID;
typedef struct _CLIENT_ID { HANDLE UniqueProcess, UniqueThread; } CLIENT_ID, *PCLIENT_ID;
typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length; HANDLE RootDirectory; PUNICODE_STRING ObjectName; ULONG Attributes; PVOID SecurityDescriptor; PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef struct _IO_STATUS_BLOCK { union { NTSTATUS Status; PVOID Pointer; }; ULONG_PTR Information; } IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
typedef PVOID PSECURITY_DESCRIPTOR, PSID;

struct _DRIVER_OBJECT; struct _DEVICE_OBJECT; struct _IRP; struct _FILE_OBJECT; struct _MDL; struct _IO_WORKITEM;
typedef struct _EPROCESS *PEPROCESS;
typedef struct _ETHREAD *PETHREAD, *PKTHREAD;
typedef struct _OBJECT_TYPE *POBJECT_TYPE;
typedef struct _IO_WORKITEM *PIO_WORKITEM;
typedef NTSTATUS(NTAPI DRIVER_DISPATCH)(struct _DEVICE_OBJECT *, struct _IRP *);
typedef DRIVER_DISPATCH *PDRIVER_DISPATCH;
typedef VOID(NTAPI *PDRIVER_UNLOAD)(struct _DRIVER_OBJECT *);
typedef VOID(NTAPI *PDRIVER_CANCEL)(struct _DEVICE_OBJECT *, struct _IRP *);
typedef VOID(NTAPI *PDRIVER_STARTIO)(struct _DEVICE_OBJECT *, struct _IRP *);
typedef NTSTATUS(NTAPI *PDRIVER_ADD_DEVICE)(struct _DRIVER_OBJECT *, struct _DEVICE_OBJECT *);
typedef NTSTATUS(NTAPI *PIO_COMPLETION_ROUTINE)(struct _DEVICE_OBJECT *, struct _IRP *, PVOID);
typedef VOID(NTAPI *PKSTART_ROUTINE)(PVOID);
typedef VOID(NTAPI *PIO_WORKITEM_ROUTINE)(struct _DEVICE_OBJECT *, PVOID);

typedef struct _DISPATCHER_HEADER { UCHAR Type, Signalling, Size, Reserved1; LONG SignalState; LIST_ENTRY WaitListHead; } DISPATCHER_HEADER;
typedef struct _KEVENT { DISPATCHER_HEADER Header; } KEVENT, *PKEVENT;
typedef struct _KSEMAPHORE { DISPATCHER_HEADER Header; LONG Limit; } KSEMAPHORE, *PKSEMAPHORE;
typedef struct _FAST_MUTEX { LONG Count; PVOID Owner; ULONG Contention; KEVENT Event; ULONG OldIrql; } FAST_MUTEX, *PFAST_MUTEX;
typedef struct _KDEVICE_QUEUE_ENTRY { LIST_ENTRY DeviceListEntry; ULONG SortKey; BOOLEAN Inserted; } KDEVICE_QUEUE_ENTRY, *PKDEVICE_QUEUE_ENTRY;
typedef struct _KDEVICE_QUEUE { SHORT Type, Size; LIST_ENTRY DeviceListHead; KSPIN_LOCK Lock; ULONG_PTR Busy; } KDEVICE_QUEUE;
struct _KDPC;
typedef VOID(NTAPI *PKDEFERRED_ROUTINE)(struct _KDPC *, PVOID, PVOID, PVOID);
typedef struct _KDPC {
    ULONG TargetInfoAsUlong; SINGLE_LIST_ENTRY DpcListEntry; KAFFINITY ProcessorHistory; PKDEFERRED_ROUTINE DeferredRoutine;
    PVOID DeferredContext, SystemArgument1, SystemArgument2, DpcData;
} KDPC, *PKDPC;
#ifdef RF_X86
#define RF_TIMER_TAIL Period
#else
#define RF_TIMER_TAIL Processor, Period
#endif
typedef struct _KTIMER { DISPATCHER_HEADER Header; LARGE_INTEGER DueTime; LIST_ENTRY TimerListEntry; PKDPC Dpc; ULONG RF_TIMER_TAIL; } KTIMER, *PKTIMER;
typedef struct _KAPC_STATE { LIST_ENTRY ApcListHead[2]; PVOID Process; UCHAR Flags[8]; } KAPC_STATE, *PKAPC_STATE;
typedef struct _WORK_QUEUE_ITEM { LIST_ENTRY List; VOID(NTAPI *WorkerRoutine)(PVOID); PVOID Parameter; } WORK_QUEUE_ITEM, *PWORK_QUEUE_ITEM;

typedef struct _MDL {
    struct _MDL *Next; CSHORT Size; CSHORT MdlFlags; struct _EPROCESS *Process; PVOID MappedSystemVa; PVOID StartVa; ULONG ByteCount, ByteOffset;
} MDL, *PMDL;

typedef struct _DEVICE_QUEUE_UNION { union { LIST_ENTRY ListEntry; UCHAR Wcb[RF_SELECT(0x48, 0x28)]; } Queue; } RF_DEVICE_QUEUE_UNION;

typedef struct __declspec(align(RF_SELECT(16, 8))) _DEVICE_OBJECT {
    CSHORT Type; USHORT Size; LONG ReferenceCount; struct _DRIVER_OBJECT *DriverObject; struct _DEVICE_OBJECT *NextDevice, *AttachedDevice;
    struct _IRP *CurrentIrp; PVOID Timer; ULONG Flags, Characteristics; PVOID Vpb; PVOID DeviceExtension; DEVICE_TYPE DeviceType; CHAR StackSize;
    RF_DEVICE_QUEUE_UNION QueueUnion; ULONG AlignmentRequirement; KDEVICE_QUEUE DeviceQueue; KDPC Dpc; ULONG ActiveThreadCount;
    PSECURITY_DESCRIPTOR SecurityDescriptor; KEVENT DeviceLock; USHORT SectorSize, Spare1; PVOID DeviceObjectExtension; PVOID Reserved;
} DEVICE_OBJECT, *PDEVICE_OBJECT;

typedef struct _DRIVER_EXTENSION { struct _DRIVER_OBJECT *DriverObject; PDRIVER_ADD_DEVICE AddDevice; ULONG Count; UNICODE_STRING ServiceKeyName; } DRIVER_EXTENSION, *PDRIVER_EXTENSION;
typedef BOOLEAN(NTAPI *PFAST_IO_DEVICE_CONTROL)(struct _FILE_OBJECT *, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK, struct _DEVICE_OBJECT *);
typedef struct _FAST_IO_DISPATCH {
    ULONG SizeOfFastIoDispatch; PVOID FastIoCheckIfPossible, FastIoRead, FastIoWrite, FastIoQueryBasicInfo, FastIoQueryStandardInfo, FastIoLock,
        FastIoUnlockSingle, FastIoUnlockAll, FastIoUnlockAllByKey; PFAST_IO_DEVICE_CONTROL FastIoDeviceControl; PVOID Rest[17];
} FAST_IO_DISPATCH, *PFAST_IO_DISPATCH;

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0f
#define IRP_MJ_SHUTDOWN 0x10
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_POWER 0x16
#define IRP_MJ_SYSTEM_CONTROL 0x17
#define IRP_MJ_PNP 0x1b
#define IRP_MJ_MAXIMUM_FUNCTION 0x1b
#define IRP_MN_START_DEVICE 0x00
#define IRP_MN_REMOVE_DEVICE 0x02
#define IRP_MN_READ_CONFIG 0x0f
#define IRP_MN_WRITE_CONFIG 0x10

typedef struct _DRIVER_OBJECT {
    CSHORT Type, Size; PDEVICE_OBJECT DeviceObject; ULONG Flags; PVOID DriverStart; ULONG DriverSize; PVOID DriverSection; PDRIVER_EXTENSION DriverExtension;
    UNICODE_STRING DriverName; PUNICODE_STRING HardwareDatabase; PFAST_IO_DISPATCH FastIoDispatch; PVOID DriverInit; PDRIVER_STARTIO DriverStartIo;
    PDRIVER_UNLOAD DriverUnload; PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
} DRIVER_OBJECT, *PDRIVER_OBJECT;

typedef struct _FILE_OBJECT {
    CSHORT Type, Size; PDEVICE_OBJECT DeviceObject; PVOID Vpb; PVOID FsContext, FsContext2; PVOID SectionObjectPointer, PrivateCacheMap; NTSTATUS FinalStatus;
    struct _FILE_OBJECT *RelatedFileObject; BOOLEAN LockOperation, DeletePending, ReadAccess, WriteAccess, DeleteAccess, SharedRead, SharedWrite, SharedDelete;
    ULONG Flags; UNICODE_STRING FileName; LARGE_INTEGER CurrentByteOffset; ULONG Waiters, Busy; PVOID LastLock; KEVENT Lock, Event; PVOID CompletionContext;
    KSPIN_LOCK IrpListLock; LIST_ENTRY IrpList; PVOID FileObjectExtension;
} FILE_OBJECT, *PFILE_OBJECT;

// The 64-bit compilers align the members behind the first of each parameter set to a pointer; the 32-bit ones do not.
#define POINTER_ALIGNMENT __declspec(align(RF_SELECT(8, 4)))
#pragma pack(push, 4)
typedef struct _CM_PARTIAL_RESOURCE_DESCRIPTOR {
    UCHAR Type, ShareDisposition; USHORT Flags;
    union {
        struct { PHYSICAL_ADDRESS Start; ULONG Length; } Memory;
        struct { PHYSICAL_ADDRESS Start; ULONG Length; } Port;
        struct { ULONG Level, Vector; KAFFINITY Affinity; } Interrupt;
    } u;
} CM_PARTIAL_RESOURCE_DESCRIPTOR, *PCM_PARTIAL_RESOURCE_DESCRIPTOR;
#pragma pack(pop)
typedef struct _CM_RESOURCE_LIST {
    ULONG Count; ULONG InterfaceType, BusNumber; USHORT Version, Revision; ULONG PartialCount; CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors[1];
} CM_RESOURCE_LIST, *PCM_RESOURCE_LIST;
#define CmResourceTypePort 1
#define CmResourceTypeMemory 3

typedef struct _IO_SECURITY_CONTEXT { PVOID SecurityQos, AccessState; ACCESS_MASK DesiredAccess; ULONG FullCreateOptions; } IO_SECURITY_CONTEXT, *PIO_SECURITY_CONTEXT;
#ifdef RF_X86
#pragma pack(push, 4)
#endif
typedef struct _IO_STACK_LOCATION {
    UCHAR MajorFunction, MinorFunction, Flags, Control;
    union {
        struct { PIO_SECURITY_CONTEXT SecurityContext; ULONG Options; USHORT POINTER_ALIGNMENT FileAttributes; USHORT ShareAccess; ULONG POINTER_ALIGNMENT EaLength; } Create;
        struct { ULONG Length; ULONG POINTER_ALIGNMENT Key; LARGE_INTEGER ByteOffset; } Read;
        struct { ULONG Length; ULONG POINTER_ALIGNMENT Key; LARGE_INTEGER ByteOffset; } Write;
        struct { ULONG OutputBufferLength; ULONG POINTER_ALIGNMENT InputBufferLength; ULONG POINTER_ALIGNMENT IoControlCode; PVOID Type3InputBuffer; } DeviceIoControl;
        struct { ULONG WhichSpace; PVOID Buffer; ULONG Offset; ULONG POINTER_ALIGNMENT Length; } ReadWriteConfig;
        struct { PCM_RESOURCE_LIST AllocatedResources, AllocatedResourcesTranslated; } StartDevice;
        struct { ULONG_PTR ProviderId; PVOID DataPath; ULONG BufferSize; PVOID Buffer; } WMI;
        struct { PVOID Argument1, Argument2, Argument3, Argument4; } Others;
    } Parameters;
    PDEVICE_OBJECT DeviceObject; PFILE_OBJECT FileObject; PIO_COMPLETION_ROUTINE CompletionRoutine; PVOID Context;
} IO_STACK_LOCATION, *PIO_STACK_LOCATION;
#ifdef RF_X86
#pragma pack(pop)
#endif

typedef struct __declspec(align(RF_SELECT(16, 8))) _IRP {
    CSHORT Type; USHORT Size;
    PMDL MdlAddress; ULONG Flags;
    union { struct _IRP *MasterIrp; LONG IrpCount; PVOID SystemBuffer; } AssociatedIrp;
    LIST_ENTRY ThreadListEntry; IO_STATUS_BLOCK IoStatus; KPROCESSOR_MODE RequestorMode; BOOLEAN PendingReturned; CHAR StackCount, CurrentLocation;
    BOOLEAN Cancel; KIRQL CancelIrql; CHAR ApcEnvironment; UCHAR AllocationFlags; PIO_STATUS_BLOCK UserIosb; PKEVENT UserEvent;
    union { struct { PVOID UserApcRoutine, UserApcContext; } AsynchronousParameters; LARGE_INTEGER AllocationSize; } Overlay;
    PDRIVER_CANCEL CancelRoutine; PVOID UserBuffer;
    union {
        struct {
            union { KDEVICE_QUEUE_ENTRY DeviceQueueEntry; PVOID DriverContext[4]; };
            PETHREAD Thread; PCHAR AuxiliaryBuffer;
            struct { LIST_ENTRY ListEntry; union { PIO_STACK_LOCATION CurrentStackLocation; ULONG PacketType; }; };
            PFILE_OBJECT OriginalFileObject;
        } Overlay;
        UCHAR Apc[RF_SELECT(0x58, 0x30)];
        PVOID CompletionKey;
    } Tail;
} IRP, *PIRP;

typedef struct _ACL { UCHAR AclRevision, Sbz1; USHORT AclSize, AceCount, Sbz2; } ACL, *PACL;
typedef struct _SECURITY_DESCRIPTOR { UCHAR Revision, Sbz1; USHORT Control; PSID Owner, Group; PACL Sacl, Dacl; } SECURITY_DESCRIPTOR;
typedef struct _SE_EXPORTS {
    LUID Privileges[23]; PSID SeNullSid, SeWorldSid, SeLocalSid, SeCreatorOwnerSid, SeCreatorGroupSid, SeNtAuthoritySid, SeDialupSid, SeNetworkSid,
        SeBatchSid, SeInteractiveSid, SeLocalSystemSid, SeAliasAdminsSid, SeAliasUsersSid;
} SE_EXPORTS, *PSE_EXPORTS;
typedef struct _SECURITY_SUBJECT_CONTEXT { PVOID ClientToken; ULONG ImpersonationLevel; PVOID PrimaryToken, ProcessAuditId; } SECURITY_SUBJECT_CONTEXT;
typedef struct _KUSER_TICK { ULONG LowPart; } KUSER_TICK;
typedef struct _MM_COPY_ADDRESS { union { PVOID VirtualAddress; PHYSICAL_ADDRESS PhysicalAddress; }; } MM_COPY_ADDRESS;
typedef struct _RTL_OSVERSIONINFOW { ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId; WCHAR szCSDVersion[128]; } RTL_OSVERSIONINFOW;
typedef struct _KEY_VALUE_PARTIAL_INFORMATION { ULONG TitleIndex, Type, DataLength; UCHAR Data[1]; } KEY_VALUE_PARTIAL_INFORMATION;
typedef NTSTATUS(NTAPI *PRTL_QUERY_REGISTRY_ROUTINE)(PWSTR, ULONG, PVOID, ULONG, PVOID, PVOID);
typedef struct _RTL_QUERY_REGISTRY_TABLE { PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine; ULONG Flags; PWSTR Name; PVOID EntryContext; ULONG DefaultType; PVOID DefaultData; ULONG DefaultLength; } RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;
typedef VOID(NTAPI *PCREATE_PROCESS_NOTIFY_ROUTINE)(HANDLE, HANDLE, BOOLEAN);
typedef VOID(NTAPI *PLOAD_IMAGE_NOTIFY_ROUTINE)(PUNICODE_STRING, HANDLE, PVOID);
typedef ULONG_PTR(NTAPI *PKIPI_BROADCAST_WORKER)(ULONG_PTR);
typedef struct _SYSTEM_FIRMWARE_TABLE_INFORMATION { ULONG ProviderSignature, Action, TableID, TableBufferLength; UCHAR TableBuffer[1]; } SYSTEM_FIRMWARE_TABLE_INFORMATION;

// Constants
#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_PENDING ((NTSTATUS)0x103)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005)
#define STATUS_INVALID_HANDLE ((NTSTATUS)0xC0000008)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_PRIVILEGE_NOT_HELD ((NTSTATUS)0xC0000061)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define NT_SUCCESS(s) ((NTSTATUS)(s) >= 0)
#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3
#define FILE_ANY_ACCESS 0
#define FILE_READ_ACCESS 1
#define FILE_WRITE_ACCESS 2
#define CTL_CODE(type, function, method, access) (((ULONG)(type) << 16) | ((access) << 14) | ((function) << 2) | (method))
#define FILE_DEVICE_DISK 0x07
#define FILE_DEVICE_KEYBOARD 0x0b
#define FILE_DEVICE_UNKNOWN 0x22
#define FILE_DEVICE_SECURE_OPEN 0x100
#define FILE_AUTOGENERATED_DEVICE_NAME 0x80
#define DO_BUFFERED_IO 0x04
#define DO_EXCLUSIVE 0x08
#define DO_DIRECT_IO 0x10
#define DO_DEVICE_INITIALIZING 0x80
#define IO_NO_INCREMENT 0
#define KernelMode 0
#define UserMode 1
#define OBJ_CASE_INSENSITIVE 0x40
#define OBJ_KERNEL_HANDLE 0x200
#define SECTION_MAP_WRITE 2
#define SECTION_MAP_READ 4
#define SECTION_ALL_ACCESS 0xF001F
#define PROCESS_ALL_ACCESS 0x1FFFFF
#define PROCESS_TERMINATE 1
#define GENERIC_READ 0x80000000u
#define GENERIC_WRITE 0x40000000u
#define GENERIC_ALL 0x10000000u
#define FILE_READ_DATA 1
#define FILE_WRITE_DATA 2
#define DELETE 0x10000
#define KEY_READ 0x20019
#define KEY_WRITE 0x20006
#define SYNCHRONIZE 0x100000
#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_NOCACHE 0x200
#define ViewShare 1
#define MmNonCached 0
#define MmCached 1
#define NonPagedPool 0
#define PagedPool 1
#define NonPagedPoolNx 0x200
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_PAGED 0x100ull
#define MdlMappingNoExecute 0x40000000
#define NormalPagePriority 16
#define IoReadAccess 0
#define IoWriteAccess 1
#define IoModifyAccess 2
#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MM_COPY_MEMORY_PHYSICAL 1
#define MM_COPY_MEMORY_VIRTUAL 2
#define Executive 0
#define NotificationEvent 0
#define SynchronizationEvent 1
#define Isa 1
#define PCIBus 5
#define Cmos 0
#define PCIConfiguration 4
#define SystemFirmwareTableInformation 76
#define SL_PENDING_RETURNED 0x01
#define SL_INVOKE_ON_SUCCESS 0x40
#define SE_DEBUG_PRIVILEGE 20
#define DelayedWorkQueue 1
#define DRIVER_TAG 0x636E6652u
#define RTL_REGISTRY_ABSOLUTE 0
#define RTL_REGISTRY_SERVICES 1
#define RTL_QUERY_REGISTRY_DIRECT 0x20
#define REG_DWORD 4
#define ACL_REVISION 2
#define DACL_SECURITY_INFORMATION 4
#define SECURITY_DESCRIPTOR_REVISION 1
#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()
#define RTL_CONSTANT_STRING(s) { sizeof(s) - sizeof((s)[0]), sizeof(s), (PWSTR)(s) }
#define InitializeObjectAttributes(p, n, a, r, s) \
    ((p)->Length = sizeof(OBJECT_ATTRIBUTES), (p)->RootDirectory = (r), (p)->Attributes = (a), (p)->ObjectName = (n), (p)->SecurityDescriptor = (s), (p)->SecurityQualityOfService = NULL)
#define IoGetCurrentIrpStackLocation(irp) ((irp)->Tail.Overlay.CurrentStackLocation)
#define IoGetNextIrpStackLocation(irp) ((irp)->Tail.Overlay.CurrentStackLocation - 1)
#define IoSkipCurrentIrpStackLocation(irp) ((irp)->CurrentLocation++, (irp)->Tail.Overlay.CurrentStackLocation++)
#define IoMarkIrpPending(irp) (IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED)
#define IoCompleteRequest(irp, boost) IofCompleteRequest((irp), (boost))
#define IoCallDriver(device, irp) IofCallDriver((device), (irp))
#define ObDereferenceObject(object) ObfDereferenceObject(object)
#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlVirtualAddress(mdl) ((PVOID)((PUCHAR)(mdl)->StartVa + (mdl)->ByteOffset))
#define MmGetSystemAddressForMdlSafe(mdl, priority) \
    (((mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) ? (mdl)->MappedSystemVa : MmMapLockedPagesSpecifyCache((mdl), KernelMode, MmCached, NULL, FALSE, (priority)))
#define RtlCopyMemory(d, s, n) memcpy((d), (s), (n))
#define RtlZeroMemory(d, n) memset((d), 0, (n))
#define RtlFillMemory(d, n, v) memset((d), (v), (n))
#define CONTAINING_RECORD(a, t, f) ((t *)((PUCHAR)(a) - (ULONG_PTR)&((t *)0)->f))
#define EXCEPTION_EXECUTE_HANDLER 1
#define PAGE_SIZE 0x1000
#define max_user_address ((ULONG_PTR)RF_SELECT(0x7ffffffeffffull, 0x7ffeffffu))

#include "imports.h"

#define RF_OFFSET(type, field, wide, narrow) _Static_assert(__builtin_offsetof(type, field) == RF_SELECT(wide, narrow), #type "." #field)
#define RF_SIZE(type, wide, narrow) _Static_assert(sizeof(type) == RF_SELECT(wide, narrow), #type)
RF_SIZE(IRP, 0xd0, 0x70);
RF_OFFSET(IRP, MdlAddress, 0x08, 0x04);
RF_OFFSET(IRP, AssociatedIrp, 0x18, 0x0c);
RF_OFFSET(IRP, IoStatus, 0x30, 0x18);
RF_OFFSET(IRP, RequestorMode, 0x40, 0x20);
RF_OFFSET(IRP, CancelRoutine, 0x68, 0x38);
RF_OFFSET(IRP, UserBuffer, 0x70, 0x3c);
RF_OFFSET(IRP, Tail.Overlay.Thread, 0x98, 0x50);
RF_OFFSET(IRP, Tail.Overlay.ListEntry, 0xa8, 0x58);
RF_OFFSET(IRP, Tail.Overlay.CurrentStackLocation, 0xb8, 0x60);
RF_OFFSET(IRP, Tail.Overlay.OriginalFileObject, 0xc0, 0x64);
RF_SIZE(IO_STACK_LOCATION, 0x48, 0x24);
RF_OFFSET(IO_STACK_LOCATION, Parameters, 0x08, 0x04);
RF_OFFSET(IO_STACK_LOCATION, Parameters.Create.EaLength, 0x20, 0x10);
RF_OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 0x10, 0x08);
RF_OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 0x18, 0x0c);
RF_OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 0x20, 0x10);
RF_OFFSET(IO_STACK_LOCATION, Parameters.Read.ByteOffset, 0x18, 0x0c);
RF_OFFSET(IO_STACK_LOCATION, DeviceObject, 0x28, 0x14);
RF_OFFSET(IO_STACK_LOCATION, FileObject, 0x30, 0x18);
RF_SIZE(DEVICE_OBJECT, 0x150, 0xb8);
RF_OFFSET(DEVICE_OBJECT, Flags, 0x30, 0x1c);
RF_OFFSET(DEVICE_OBJECT, Characteristics, 0x34, 0x20);
RF_OFFSET(DEVICE_OBJECT, DeviceExtension, 0x40, 0x28);
RF_OFFSET(DEVICE_OBJECT, DeviceType, 0x48, 0x2c);
RF_OFFSET(DEVICE_OBJECT, StackSize, 0x4c, 0x30);
RF_OFFSET(DEVICE_OBJECT, SecurityDescriptor, 0x110, 0x98);
RF_SIZE(DRIVER_OBJECT, 0x150, 0xa8);
RF_OFFSET(DRIVER_OBJECT, DriverExtension, 0x30, 0x18);
RF_OFFSET(DRIVER_OBJECT, FastIoDispatch, 0x50, 0x28);
RF_OFFSET(DRIVER_OBJECT, DriverStartIo, 0x60, 0x30);
RF_OFFSET(DRIVER_OBJECT, DriverUnload, 0x68, 0x34);
RF_OFFSET(DRIVER_OBJECT, MajorFunction, 0x70, 0x38);
RF_OFFSET(FILE_OBJECT, FsContext, 0x18, 0x0c);
RF_OFFSET(FILE_OBJECT, FsContext2, 0x20, 0x10);
RF_OFFSET(FILE_OBJECT, FileName, 0x58, 0x30);
RF_SIZE(MDL, 0x30, 0x1c);
RF_OFFSET(MDL, MdlFlags, 0x0a, 0x06);
RF_OFFSET(MDL, MappedSystemVa, 0x18, 0x0c);
RF_OFFSET(MDL, ByteCount, 0x28, 0x14);
RF_SIZE(KEVENT, 0x18, 0x10);
RF_SIZE(KDPC, 0x40, 0x20);
RF_SIZE(KTIMER, 0x40, 0x28);
RF_SIZE(OBJECT_ATTRIBUTES, 0x30, 0x18);
RF_SIZE(CM_PARTIAL_RESOURCE_DESCRIPTOR, 0x14, 0x10);
RF_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl, 0x50, 0x28);
#endif
