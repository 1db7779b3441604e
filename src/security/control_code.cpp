#include <ringfence/security/control_code.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

constexpr NamedNumber types[] = {
    {0x1, "FILE_DEVICE_BEEP"},
    {0x2, "FILE_DEVICE_CD_ROM"},
    {0x3, "FILE_DEVICE_CD_ROM_FILE_SYSTEM"},
    {0x4, "FILE_DEVICE_CONTROLLER"},
    {0x5, "FILE_DEVICE_DATALINK"},
    {0x6, "FILE_DEVICE_DFS"},
    {0x7, "FILE_DEVICE_DISK"},
    {0x8, "FILE_DEVICE_DISK_FILE_SYSTEM"},
    {0x9, "FILE_DEVICE_FILE_SYSTEM"},
    {0xa, "FILE_DEVICE_INPORT_PORT"},
    {0xb, "FILE_DEVICE_KEYBOARD"},
    {0xc, "FILE_DEVICE_MAILSLOT"},
    {0xd, "FILE_DEVICE_MIDI_IN"},
    {0xe, "FILE_DEVICE_MIDI_OUT"},
    {0xf, "FILE_DEVICE_MOUSE"},
    {0x10, "FILE_DEVICE_MULTI_UNC_PROVIDER"},
    {0x11, "FILE_DEVICE_NAMED_PIPE"},
    {0x12, "FILE_DEVICE_NETWORK"},
    {0x13, "FILE_DEVICE_NETWORK_BROWSER"},
    {0x14, "FILE_DEVICE_NETWORK_FILE_SYSTEM"},
    {0x15, "FILE_DEVICE_NULL"},
    {0x16, "FILE_DEVICE_PARALLEL_PORT"},
    {0x17, "FILE_DEVICE_PHYSICAL_NETCARD"},
    {0x18, "FILE_DEVICE_PRINTER"},
    {0x19, "FILE_DEVICE_SCANNER"},
    {0x1a, "FILE_DEVICE_SERIAL_MOUSE_PORT"},
    {0x1b, "FILE_DEVICE_SERIAL_PORT"},
    {0x1c, "FILE_DEVICE_SCREEN"},
    {0x1d, "FILE_DEVICE_SOUND"},
    {0x1e, "FILE_DEVICE_STREAMS"},
    {0x1f, "FILE_DEVICE_TAPE"},
    {0x20, "FILE_DEVICE_TAPE_FILE_SYSTEM"},
    {0x21, "FILE_DEVICE_TRANSPORT"},
    {0x22, "FILE_DEVICE_UNKNOWN"},
    {0x23, "FILE_DEVICE_VIDEO"},
    {0x24, "FILE_DEVICE_VIRTUAL_DISK"},
    {0x25, "FILE_DEVICE_WAVE_IN"},
    {0x26, "FILE_DEVICE_WAVE_OUT"},
    {0x27, "FILE_DEVICE_8042_PORT"},
    {0x28, "FILE_DEVICE_NETWORK_REDIRECTOR"},
    {0x29, "FILE_DEVICE_BATTERY"},
    {0x2a, "FILE_DEVICE_BUS_EXTENDER"},
    {0x2b, "FILE_DEVICE_MODEM"},
    {0x2c, "FILE_DEVICE_VDM"},
    {0x2d, "FILE_DEVICE_MASS_STORAGE"},
    {0x2e, "FILE_DEVICE_SMB"},
    {0x2f, "FILE_DEVICE_KS"},
    {0x30, "FILE_DEVICE_CHANGER"},
    {0x31, "FILE_DEVICE_SMARTCARD"},
    {0x32, "FILE_DEVICE_ACPI"},
    {0x33, "FILE_DEVICE_DVD"},
    {0x34, "FILE_DEVICE_FULLSCREEN_VIDEO"},
    {0x35, "FILE_DEVICE_DFS_FILE_SYSTEM"},
    {0x36, "FILE_DEVICE_DFS_VOLUME"},
    {0x37, "FILE_DEVICE_SERENUM"},
    {0x38, "FILE_DEVICE_TERMSRV"},
    {0x39, "FILE_DEVICE_KSEC"},
    {0x3a, "FILE_DEVICE_FIPS"},
    {0x3b, "FILE_DEVICE_INFINIBAND"},
    {0x3e, "FILE_DEVICE_VMBUS"},
    {0x3f, "FILE_DEVICE_CRYPT_PROVIDER"},
    {0x40, "FILE_DEVICE_WPD"},
    {0x41, "FILE_DEVICE_BLUETOOTH"},
    {0x42, "FILE_DEVICE_MT_COMPOSITE"},
    {0x43, "FILE_DEVICE_MT_TRANSPORT"},
    {0x44, "FILE_DEVICE_BIOMETRIC"},
    {0x45, "FILE_DEVICE_PMI"},
    {0x46, "FILE_DEVICE_EHSTOR"},
    {0x47, "FILE_DEVICE_DEVAPI"},
    {0x48, "FILE_DEVICE_GPIO"},
    {0x49, "FILE_DEVICE_USBEX"},
    {0x50, "FILE_DEVICE_CONSOLE"},
    {0x51, "FILE_DEVICE_NFP"},
    {0x52, "FILE_DEVICE_SYSENV"},
    {0x53, "FILE_DEVICE_VIRTUAL_BLOCK"},
    {0x54, "FILE_DEVICE_POINT_OF_SERVICE"},
    {0x55, "FILE_DEVICE_STORAGE_REPLICATION"},
    {0x56, "FILE_DEVICE_TRUST_ENV"},
    {0x57, "FILE_DEVICE_UCM"},
    {0x58, "FILE_DEVICE_UCMTCPCI"},
    {0x59, "FILE_DEVICE_PERSISTENT_MEMORY"},
    {0x5a, "FILE_DEVICE_NVDIMM"},
    {0x5b, "FILE_DEVICE_HOLOGRAPHIC"},
    {0x5c, "FILE_DEVICE_SDFXHCI"},
    {0x5d, "FILE_DEVICE_UCMUCSI"},
    {0x5e, "FILE_DEVICE_PRM"},
    {0x5f, "FILE_DEVICE_EVENT_COLLECTOR"},
    {0x60, "FILE_DEVICE_USB4"},
    {0x61, "FILE_DEVICE_SOUNDWIRE"},
};
static_assert(std::ranges::is_sorted(types, {}, &NamedNumber::value));

// Values from the public headers (ntdddisk.h, ntddstor.h, ntddscsi.h, winioctl.h, ...).
constexpr NamedNumber codes[] = {
    {0x24000, "IOCTL_CDROM_READ_TOC"},
    {0x2403e, "IOCTL_CDROM_RAW_READ"},
    {0x4100c, "IOCTL_SCSI_GET_INQUIRY_DATA"},
    {0x41010, "IOCTL_SCSI_GET_CAPABILITIES"},
    {0x41018, "IOCTL_SCSI_GET_ADDRESS"},
    {0x4101c, "IOCTL_SCSI_RESCAN_BUS"},
    {0x4d004, "IOCTL_SCSI_PASS_THROUGH"},
    {0x4d008, "IOCTL_SCSI_MINIPORT"},
    {0x4d014, "IOCTL_SCSI_PASS_THROUGH_DIRECT"},
    {0x4d02c, "IOCTL_ATA_PASS_THROUGH"},
    {0x4d030, "IOCTL_ATA_PASS_THROUGH_DIRECT"},
    {0x70000, "IOCTL_DISK_GET_DRIVE_GEOMETRY"},
    {0x70014, "IOCTL_DISK_VERIFY"},
    {0x70020, "IOCTL_DISK_PERFORMANCE"},
    {0x70024, "IOCTL_DISK_IS_WRITABLE"},
    {0x70048, "IOCTL_DISK_GET_PARTITION_INFO_EX"},
    {0x70050, "IOCTL_DISK_GET_DRIVE_LAYOUT_EX"},
    {0x700a0, "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX"},
    {0x70140, "IOCTL_DISK_UPDATE_PROPERTIES"},
    {0x74004, "IOCTL_DISK_GET_PARTITION_INFO"},
    {0x7400c, "IOCTL_DISK_GET_DRIVE_LAYOUT"},
    {0x7405c, "IOCTL_DISK_GET_LENGTH_INFO"},
    {0x74080, "SMART_GET_VERSION"},
    {0x74800, "IOCTL_DISK_CHECK_VERIFY"},
    {0x74808, "IOCTL_DISK_EJECT_MEDIA"},
    {0x7c008, "IOCTL_DISK_SET_PARTITION_INFO"},
    {0x7c010, "IOCTL_DISK_SET_DRIVE_LAYOUT"},
    {0x7c018, "IOCTL_DISK_FORMAT_TRACKS"},
    {0x7c01c, "IOCTL_DISK_REASSIGN_BLOCKS"},
    {0x7c084, "SMART_SEND_DRIVE_COMMAND"},
    {0x7c088, "SMART_RCV_DRIVE_DATA"},
    {0x90000, "FSCTL_REQUEST_OPLOCK_LEVEL_1"},
    {0x90018, "FSCTL_LOCK_VOLUME"},
    {0x9001c, "FSCTL_UNLOCK_VOLUME"},
    {0x90020, "FSCTL_DISMOUNT_VOLUME"},
    {0x90028, "FSCTL_IS_VOLUME_MOUNTED"},
    {0x9003c, "FSCTL_GET_COMPRESSION"},
    {0x90064, "FSCTL_GET_NTFS_VOLUME_DATA"},
    {0x9006f, "FSCTL_GET_VOLUME_BITMAP"},
    {0x90073, "FSCTL_GET_RETRIEVAL_POINTERS"},
    {0x90074, "FSCTL_MOVE_FILE"},
    {0x9009c, "FSCTL_GET_OBJECT_ID"},
    {0x900a4, "FSCTL_SET_REPARSE_POINT"},
    {0x900a8, "FSCTL_GET_REPARSE_POINT"},
    {0x900ac, "FSCTL_DELETE_REPARSE_POINT"},
    {0x900b3, "FSCTL_ENUM_USN_DATA"},
    {0x900bb, "FSCTL_READ_USN_JOURNAL"},
    {0x900c4, "FSCTL_SET_SPARSE"},
    {0x900f4, "FSCTL_QUERY_USN_JOURNAL"},
    {0x9c040, "FSCTL_SET_COMPRESSION"},
    {0xb0000, "IOCTL_KEYBOARD_QUERY_ATTRIBUTES"},
    {0xb0004, "IOCTL_KEYBOARD_SET_TYPEMATIC"},
    {0xb0008, "IOCTL_KEYBOARD_SET_INDICATORS"},
    {0xb0040, "IOCTL_KEYBOARD_QUERY_INDICATORS"},
    {0xb0191, "IOCTL_HID_SET_FEATURE"},
    {0xb0192, "IOCTL_HID_GET_FEATURE"},
    {0xb0193, "IOCTL_HID_GET_COLLECTION_DESCRIPTOR"},
    {0xb01a8, "IOCTL_HID_GET_COLLECTION_INFORMATION"},
    {0xf0000, "IOCTL_MOUSE_QUERY_ATTRIBUTES"},
    {0x110008, "FSCTL_PIPE_LISTEN"},
    {0x110018, "FSCTL_PIPE_WAIT"},
    {0x11400c, "FSCTL_PIPE_PEEK"},
    {0x11c017, "FSCTL_PIPE_TRANSCEIVE"},
    {0x1441f2, "FSCTL_SRV_COPYCHUNK"},
    {0x170002, "IOCTL_NDIS_QUERY_GLOBAL_STATS"},
    {0x1b0004, "IOCTL_SERIAL_SET_BAUD_RATE"},
    {0x1b000c, "IOCTL_SERIAL_SET_LINE_CONTROL"},
    {0x1b001c, "IOCTL_SERIAL_SET_TIMEOUTS"},
    {0x1b0020, "IOCTL_SERIAL_GET_TIMEOUTS"},
    {0x1b0024, "IOCTL_SERIAL_SET_DTR"},
    {0x1b004c, "IOCTL_SERIAL_PURGE"},
    {0x1b0050, "IOCTL_SERIAL_GET_BAUD_RATE"},
    {0x1b006c, "IOCTL_SERIAL_GET_COMMSTATUS"},
    {0x220003, "IOCTL_INTERNAL_USB_SUBMIT_URB"},
    {0x220408, "IOCTL_USB_GET_NODE_INFORMATION"},
    {0x220448, "IOCTL_USB_GET_NODE_CONNECTION_INFORMATION_EX"},
    {0x230404, "IOCTL_VIDEO_QUERY_NUM_AVAIL_MODES"},
    {0x230408, "IOCTL_VIDEO_MAP_VIDEO_MEMORY"},
    {0x294040, "IOCTL_BATTERY_QUERY_TAG"},
    {0x294044, "IOCTL_BATTERY_QUERY_INFORMATION"},
    {0x29404c, "IOCTL_BATTERY_QUERY_STATUS"},
    {0x2d0800, "IOCTL_STORAGE_CHECK_VERIFY2"},
    {0x2d0c00, "IOCTL_STORAGE_GET_MEDIA_TYPES"},
    {0x2d0c04, "IOCTL_STORAGE_GET_MEDIA_TYPES_EX"},
    {0x2d1080, "IOCTL_STORAGE_GET_DEVICE_NUMBER"},
    {0x2d1100, "IOCTL_STORAGE_PREDICT_FAILURE"},
    {0x2d1400, "IOCTL_STORAGE_QUERY_PROPERTY"},
    {0x2d4800, "IOCTL_STORAGE_CHECK_VERIFY"},
    {0x2d4804, "IOCTL_STORAGE_MEDIA_REMOVAL"},
    {0x2d4808, "IOCTL_STORAGE_EJECT_MEDIA"},
    {0x2d480c, "IOCTL_STORAGE_LOAD_MEDIA"},
    {0x2d4810, "IOCTL_STORAGE_RESERVE"},
    {0x2d5000, "IOCTL_STORAGE_RESET_BUS"},
    {0x2d5004, "IOCTL_STORAGE_RESET_DEVICE"},
    {0x2d9404, "IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES"},
    {0x2dd3c0, "IOCTL_STORAGE_PROTOCOL_COMMAND"},
    {0x2f0003, "IOCTL_KS_PROPERTY"},
    {0x2f0007, "IOCTL_KS_ENABLE_EVENT"},
    {0x2f000f, "IOCTL_KS_METHOD"},
    {0x310004, "IOCTL_SMARTCARD_POWER"},
    {0x310014, "IOCTL_SMARTCARD_TRANSMIT"},
    {0x32c004, "IOCTL_ACPI_EVAL_METHOD"},
    {0x390004, "IOCTL_KSEC_RNG"},
    {0x390008, "IOCTL_KSEC_RNG_REKEY"},
    {0x4d0000, "IOCTL_MOUNTDEV_QUERY_UNIQUE_ID"},
    {0x4d0008, "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME"},
    {0x560000, "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"},
    {0x56c008, "IOCTL_VOLUME_ONLINE"},
    {0x56c00c, "IOCTL_VOLUME_OFFLINE"},
    {0x6d0008, "IOCTL_MOUNTMGR_QUERY_POINTS"},
    {0x6dc000, "IOCTL_MOUNTMGR_CREATE_POINT"},
    {0x6dc004, "IOCTL_MOUNTMGR_DELETE_POINTS"},
};
static_assert(std::ranges::is_sorted(codes, {}, &NamedNumber::value));

constexpr std::array<std::string_view, 4> methods = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                                     "METHOD_NEITHER"};
constexpr std::array<std::string_view, 4> accesses = {"FILE_ANY_ACCESS", "FILE_READ_DATA", "FILE_WRITE_DATA",
                                                      "FILE_READ_DATA | FILE_WRITE_DATA"};

std::string_view find(std::span<const NamedNumber> table, std::uint32_t value) {
  const auto found = std::ranges::lower_bound(table, value, {}, &NamedNumber::value);
  return found != table.end() && found->value == value ? found->name : std::string_view{};
}

std::optional<std::uint32_t> small_number(std::string_view text) {
  const auto number = parse_unsigned(text);
  return number && *number <= 0xffffffffu ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::optional<std::uint32_t> access_from_text(std::string_view text) {
  std::uint32_t access = 0;
  for (std::string_view part : split(text, '|')) {
    part = trim(part);
    if (part == "FILE_ANY_ACCESS" || part == "FILE_SPECIAL_ACCESS")
      continue;
    if (part == "FILE_READ_DATA" || part == "FILE_READ_ACCESS")
      access |= 1;
    else if (part == "FILE_WRITE_DATA" || part == "FILE_WRITE_ACCESS")
      access |= 2;
    else if (const auto number = small_number(part); number && *number < 4)
      access |= *number;
    else
      return std::nullopt;
  }
  return access;
}

} // namespace

std::string_view name_of(TransferMethod method) { return methods[static_cast<std::size_t>(method)]; }
std::string_view required_access_name(AccessMask required) { return accesses[required & 3]; }
std::span<const NamedNumber> device_types() { return types; }
std::string_view device_type_name(std::uint32_t type) { return find(types, type); }
std::span<const NamedNumber> public_control_codes() { return codes; }
std::string_view control_code_name(ControlCode code) { return find(codes, code.value); }

std::optional<std::uint32_t> device_type_from_text(std::string_view text) {
  if (const auto number = small_number(text))
    return number;
  constexpr std::string_view prefix = "FILE_DEVICE_";
  if (ascii_istarts_with(text, prefix))
    text.remove_prefix(prefix.size());
  for (const NamedNumber &type : types)
    if (ascii_iequals(type.name.substr(prefix.size()), text))
      return type.value;
  return std::nullopt;
}

std::optional<ControlCode> control_code_from_text(std::string_view text) {
  text = trim(text);
  if (const auto number = small_number(text))
    return ControlCode{*number};
  for (const NamedNumber &code : codes)
    if (code.name == text)
      return ControlCode{code.value};
  if (!text.starts_with("CTL_CODE(") || !text.ends_with(')'))
    return std::nullopt;
  const auto parts = split(text.substr(9, text.size() - 10), ',');
  if (parts.size() != 4)
    return std::nullopt;
  const auto type = device_type_from_text(trim(parts[0]));
  const auto function = small_number(trim(parts[1]));
  const auto method = std::ranges::find(methods, trim(parts[2]));
  const auto access = access_from_text(parts[3]);
  if (!type || *type > 0xffff || !function || *function > 0xfff || method == methods.end() || !access)
    return std::nullopt;
  return control_code(*type, *function, static_cast<TransferMethod>(method - methods.begin()), *access);
}

bool validate_control_access(AccessMask granted, AccessMask required, bool kernel_requestor) {
  return kernel_requestor || (granted & required & 3) == (required & 3);
}

bool handle_admits(AccessMask granted, ControlCode code, bool kernel_requestor) {
  return validate_control_access(granted, code.required_access(), kernel_requestor);
}

} // namespace ringfence::security
