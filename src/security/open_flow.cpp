#include <ringfence/security/open_flow.h>

#include <ringfence/base/text.h>

#include <array>

namespace ringfence::security {
namespace {

using namespace access;

constexpr std::array<std::string_view, 3> route_names = {"direct", "trailing", "relative"};

std::string sentence(const AccessExplanation &explanation, const SecurityDescriptor &descriptor, bool granted,
                     const SidContext &context) {
  std::string text;
  for (const AccessReason &reason : explanation.reasons)
    if (reason.granted == granted)
      text += (text.empty() ? "" : "; ") + describe(reason, descriptor, device_type_rights(), context);
  return text;
}

class Open {
public:
  Open(const DeviceObject &device, const Token &token, const OpenRequest &request, const SidContext &context)
      : device_(device), token_(token), request_(request), context_(context) {
    desired_ = request.desired;
    if (request.through == OpenInterface::create_file)
      desired_ |= synchronize | file_read_attributes;
    // A device without a descriptor has no DACL.
    if (device.descriptor)
      descriptor_ = *device.descriptor;
  }

  OpenResult run() {
    if (!device_.named) {
      step("find the name", false, "the device object has no name; open the named object of its stack");
      return std::move(result_);
    }
    step("resolve the symbolic link", true, "the link's own descriptor does not protect its target");
    const bool kernel = request_.mode == RequestorMode::kernel && !request_.force_access_check;
    if (kernel) {
      grant_everything("the requestor mode is KernelMode: no descriptor is compared");
    } else if (!traverse_directories()) {
      return std::move(result_);
    } else if (request_.route == OpenRoute::direct) {
      if (!check_descriptor("full check: nothing follows the device's name"))
        return std::move(result_);
    } else if (!open_with_name()) {
      return std::move(result_);
    }
    finish();
    return std::move(result_);
  }

private:
  void step(std::string what, bool passed, std::string why) {
    result_.steps.push_back({std::move(what), passed, std::move(why)});
  }

  bool has_traverse_privilege() const { return token_.privileges.has(Privilege::change_notify); }

  bool traverse_directories() {
    // \GLOBAL?? and \Device grant traverse to Everyone and RESTRICTED.
    step("traverse the object directories", true,
         has_traverse_privilege() ? "SeChangeNotifyPrivilege skips the check"
                                  : "the directories grant traverse to everybody");
    return true;
  }

  AccessResult check(AccessMask desired, AccessExplanation *explanation) const {
    AccessRequest request;
    request.desired = desired;
    request.mode = request_.mode;
    request.force_access_check = request_.force_access_check;
    return check_access(descriptor_, token_, request, explanation);
  }

  bool check_descriptor(std::string what) {
    AccessExplanation explanation;
    const AccessResult checked = check(desired_, &explanation);
    result_.checked = true;
    std::string why = sentence(explanation, descriptor_, checked.ok(), context_);
    if (why.empty())
      why = checked.ok() ? "granted" : "no entry of the DACL speaks for the caller";
    step(std::move(what), checked.ok(), std::move(why));
    if (checked.ok())
      result_.granted = checked.granted;
    return checked.ok();
  }

  // Only traverse, and that is skipped for the privilege, except on disks and CD-ROMs, and for app containers.
  bool traverse_device() {
    const bool disk = device_.device_type == 0x07 || device_.device_type == 0x02;
    const bool container_check =
        token_.is_app_container() && !(device_.characteristics & characteristic::allow_appcontainer_traversal);
    if (has_traverse_privilege() && !disk && !container_check) {
      step("traverse the device", true, "SeChangeNotifyPrivilege skips the check");
      return true;
    }
    AccessExplanation explanation;
    const AccessResult checked = check(file_traverse, &explanation);
    std::string why = sentence(explanation, descriptor_, checked.ok(), context_);
    if (container_check)
      why += "; without FILE_DEVICE_ALLOW_APPCONTAINER_TRAVERSAL an app container needs FILE_TRAVERSE";
    step("traverse the device", checked.ok(), std::move(why));
    return checked.ok();
  }

  bool open_with_name() {
    if (!traverse_device())
      return false;
    if (device_.characteristics & characteristic::device_secure_open)
      return check_descriptor("full check: FILE_DEVICE_SECURE_OPEN is set");
    grant_everything("without FILE_DEVICE_SECURE_OPEN the driver guards its own namespace: the descriptor is not "
                     "compared and the handle receives all rights asked for");
    return true;
  }

  void grant_everything(std::string why) {
    step("descriptor of the device", true, std::move(why));
    const AccessMask mapped = file_mapping.map(desired_ & ~maximum_allowed);
    result_.granted = desired_ & maximum_allowed ? mapped | file_mapping.all : mapped;
  }

  void finish() {
    result_.answer = Answer::yes;
    if (request_.route == OpenRoute::direct)
      return;
    switch (device_.names) {
    case NamePolicy::accepts:
      step("IRP_MJ_CREATE", true, "the driver accepts a name behind the device's name");
      break;
    case NamePolicy::rejects:
      step("IRP_MJ_CREATE", false, "the driver fails a non-empty FileName");
      result_.answer = Answer::no;
      result_.granted = 0;
      break;
    case NamePolicy::unknown:
      step("IRP_MJ_CREATE", true, "the driver decides: most ignore the name");
      result_.answer = Answer::driver_decides;
      break;
    }
  }

  const DeviceObject &device_;
  const Token &token_;
  const OpenRequest &request_;
  const SidContext &context_;
  AccessMask desired_ = 0;
  SecurityDescriptor descriptor_;
  OpenResult result_;
};

std::string last_reason(const OpenResult &result) {
  const OpenStep *told = nullptr;
  for (const OpenStep &step : result.steps)
    if (!step.passed || step.what.starts_with("full check") || step.what == "descriptor of the device")
      told = &step;
  return told ? told->why : std::string();
}

} // namespace

std::string_view name_of(OpenRoute route) { return route_names[static_cast<std::size_t>(route)]; }

std::optional<OpenRoute> open_route_from_name(std::string_view name) {
  for (std::size_t i = 0; i < route_names.size(); ++i)
    if (ascii_iequals(route_names[i], name))
      return static_cast<OpenRoute>(i);
  return std::nullopt;
}

std::string_view name_of(Answer answer) {
  constexpr std::array<std::string_view, 3> names = {"no", "driver-decides", "yes"};
  return names[static_cast<std::size_t>(answer)];
}

OpenResult open_device(const DeviceObject &device, const Token &token, const OpenRequest &request,
                       const SidContext &context) {
  return Open(device, token, request, context).run();
}

Answer send_control(AccessMask granted, ControlCode code, RequestKind kind, RequestorMode mode) {
  const bool kernel = mode == RequestorMode::kernel;
  if (kind == RequestKind::internal_device_control)
    return kernel ? Answer::yes : Answer::no;
  return handle_admits(granted, code, kernel) ? Answer::yes : Answer::no;
}

ReachabilityResult can_send(const DeviceObject &device, const Token &token, OpenRoute route,
                            std::optional<ControlCode> code, const SidContext &context) {
  ReachabilityResult reach;
  OpenRequest most;
  most.route = route;
  const OpenResult open = open_device(device, token, most, context);
  reach.granted = open.granted;
  reach.why = last_reason(open);
  if (open.answer == Answer::no)
    return reach;
  const AccessMask need = code ? code->required_access() : 0;
  if (need & ~open.granted) {
    // Say which entry keeps the right away.
    OpenRequest exact = most;
    exact.desired = need;
    reach.why = last_reason(open_device(device, token, exact, context));
    return reach;
  }
  reach.answer = open.answer;
  OpenRequest win32 = most;
  win32.through = OpenInterface::create_file;
  win32.desired = need;
  const OpenResult opened = open_device(device, token, win32, context);
  reach.through_create_file = opened.answer != Answer::no;
  if (need) {
    OpenRequest exact = most;
    exact.desired = need;
    reach.why = last_reason(open_device(device, token, exact, context));
  }
  return reach;
}

} // namespace ringfence::security
