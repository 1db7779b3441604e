"""Named values: control codes, statuses, access rights, MSRs, ports, registry roots."""

CTL_METHODS = {"buffered": 0, "in_direct": 1, "out_direct": 2, "neither": 3}
CTL_ACCESS = {"any": 0, "read": 1, "write": 2, "read_write": 3}


class Names:
    def __init__(self):
        self.sets = {}
        self.registry = []


def control_code(text, device_types):
    """A CTL_CODE written as 'DEVICE_TYPE function method access'; ValueError with the reason."""
    parts = text.split()
    if len(parts) != 4:
        raise ValueError("a control code is 'DEVICE_TYPE function method access' or an integer")
    device = device_types.get(parts[0])
    if device is None:
        try:
            device = int(parts[0], 0)
        except ValueError:
            raise ValueError(f"unknown device type '{parts[0]}'") from None
    if parts[2] not in CTL_METHODS or parts[3] not in CTL_ACCESS:
        raise ValueError(f"method is one of {', '.join(CTL_METHODS)}, access one of {', '.join(CTL_ACCESS)}")
    return device << 16 | CTL_ACCESS[parts[3]] << 14 | int(parts[1], 0) << 2 | CTL_METHODS[parts[2]]


def read_names(documents, problems):
    """`documents` is a list of (file, table). Each has [set.NAME] tables of name = value and [[registry]] rows."""
    names = Names()
    device_types = {}
    for _, raw in documents:
        device_types.update(raw.get("set", {}).get("device-type", {}))
    origin = {}
    for file, raw in documents:
        problems.unknown_keys(file, "top level", raw, {"set", "registry"})
        for set_name, entries in raw.get("set", {}).items():
            rows = names.sets.setdefault(set_name, [])
            for name, value in entries.items():
                if isinstance(value, str):
                    try:
                        value = control_code(value, device_types)
                    except ValueError as error:
                        problems.add(file, f"{set_name}.{name}", str(error))
                        continue
                if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
                    problems.add(file, f"{set_name}.{name}", "a value is an unsigned integer")
                    continue
                if (set_name, name) in origin:
                    problems.add(file, f"{set_name}.{name}", f"duplicate name, first in {origin[set_name, name]}")
                    continue
                origin[set_name, name] = file
                rows.append((name, value))
        for row in raw.get("registry", []):
            problems.unknown_keys(file, "registry", row, {"path", "meaning"})
            names.registry.append((row.get("path", ""), row.get("meaning", "")))
    names.registry.sort()
    return names
