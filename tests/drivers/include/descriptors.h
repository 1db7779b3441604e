// Descriptors in SDDL that the index can name (its values cannot hold semicolons).
#ifndef RINGFENCE_DESCRIPTORS_H
#define RINGFENCE_DESCRIPTORS_H
#define SDDL_ADMIN L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"
#define SDDL_ADMIN_USERS_READ L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x1200a9;;;BU)"
#define SDDL_EVERYONE L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)"
#define SDDL_SYSTEM L"D:P(A;;GA;;;SY)"
#endif
