#!/usr/bin/env python3
"""Device types and public control codes of models/codes as sorted tables for the security room, which knows no kernel room.

Usage: generate_control_code_names.py DEVICES.toml IOCTL.toml OUTPUT
"""
import sys
import tomllib
from pathlib import Path

from kernel_tables.names import control_code


def table(name, values):
    rows = sorted(values.items(), key=lambda row: row[1])
    return [f"constexpr NamedNumber {name}[] = {{", *(f'    {{{value:#x}, "{key}"}},' for key, value in rows), "};"]


def main():
    devices_file, codes_file, output = map(Path, sys.argv[1:])
    devices = tomllib.loads(devices_file.read_text())["set"]["device-type"]
    codes = tomllib.loads(codes_file.read_text())["set"]["ioctl"]
    codes = {name: value if isinstance(value, int) else control_code(value, devices) for name, value in codes.items()}
    # A vendor's device type is every vendor's: a name for such a code is true of one driver only.
    codes = {name: value for name, value in codes.items() if value < 0x80000000}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(table("types", devices) + table("codes", codes)) + "\n")


if __name__ == "__main__":
    main()
