#!/usr/bin/env python3
"""How many imports of the corpus drivers have a model, by distinct name and by occurrence.

    import_coverage.py MODELS CORPUS [--minimum PERCENT] [--top N]

Prints the unmodelled names, most frequent first. Fails below the minimum share of occurrences. A missing corpus
is a skip (exit code 77).
"""

import argparse
import collections
import struct
import sys
import tomllib
from pathlib import Path

MAXIMUM_IMPORTS = 1 << 16


class Image:
    """As much of a PE file as its import directory needs; every read is bounded."""

    def __init__(self, data):
        self.data = data
        header = self.u32(0x3C)
        count, optional = self.u16(header + 6), self.u16(header + 20)
        self.wide = self.u16(header + 24) == 0x20B
        self.directory = self.u32(header + 24 + (112 if self.wide else 96) + 8)
        table = header + 24 + optional
        self.sections = [struct.unpack_from("<IIII", data, table + 40 * i + 8) for i in range(count)]

    def u16(self, offset):
        return struct.unpack_from("<H", self.data, offset)[0]

    def u32(self, offset):
        return struct.unpack_from("<I", self.data, offset)[0]

    def offset(self, rva):
        for virtual_size, address, raw_size, raw in self.sections:
            if address <= rva < address + max(virtual_size, raw_size):
                return rva - address + raw
        return rva

    def text(self, rva):
        start = self.offset(rva)
        return self.data[start:self.data.index(b"\0", start)].decode("latin-1")

    def imports(self):
        """(module, name) pairs; imports by ordinal have a name like #12."""
        if self.directory == 0:
            return
        width, form = (8, "<Q") if self.wide else (4, "<I")
        position, budget = self.offset(self.directory), MAXIMUM_IMPORTS
        while budget and self.u32(position + 12):
            module = self.text(self.u32(position + 12)).lower()
            entry = self.offset(self.u32(position) or self.u32(position + 16))
            while budget:
                budget -= 1
                value = struct.unpack_from(form, self.data, entry)[0]
                if value == 0:
                    break
                by_ordinal = value >> (width * 8 - 1)
                yield module, f"#{value & 0xFFFF}" if by_ordinal else self.text((value & 0x7FFFFFFF) + 2)
                entry += width
            position += 20


def modelled_names(models):
    names = {}
    for path in models.rglob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for section in ("api", "data"):
            for name, entry in table.get(section, {}).items():
                names[name] = "effects" if "effects" in entry or section == "data" else entry.get("model", "neutral")
    return names


def undecorated(name):
    head, at, tail = name.rpartition("@")
    if at and tail.isdigit():
        name = head
    return name[1:] if name[:1] in ("_", "@") else name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--minimum", type=float, default=97.0)
    parser.add_argument("--top", type=int, default=20)
    arguments = parser.parse_args()
    drivers = sorted(p for p in arguments.corpus.glob("*/*") if p.suffix.lower() == ".sys")
    if not drivers:
        print("skipped 1: the corpus is not here")
        return 77
    names, occurrences, modules = modelled_names(arguments.models), collections.Counter(), {}
    for driver in drivers:
        for module, name in set(Image(driver.read_bytes()).imports()):
            occurrences[name] += 1
            modules[name] = module

    def model_of(name):
        return names.get(name) or names.get(undecorated(name))

    total, modelled = sum(occurrences.values()), sum(c for n, c in occurrences.items() if model_of(n))
    effects = sum(c for n, c in occurrences.items() if model_of(n) == "effects")
    distinct = sum(1 for n in occurrences if model_of(n))
    share = 100.0 * modelled / total
    print(f"{len(drivers)} drivers, {len(names)} models")
    print(f"distinct names: {distinct} of {len(occurrences)} modelled ({100.0 * distinct / len(occurrences):.1f} %)")
    print(f"occurrences:    {modelled} of {total} modelled ({share:.1f} %), {effects} with effects ({100.0 * effects / total:.1f} %)")
    for name, count in sorted(((n, c) for n, c in occurrences.items() if not model_of(n)), key=lambda x: (-x[1], x[0]))[:arguments.top]:
        print(f"  unmodelled {count:4} {modules[name]}!{name}")
    plain = sorted(((n, c) for n, c in occurrences.items() if model_of(n) in ("neutral", "prototype")), key=lambda x: (-x[1], x[0]))
    for name, count in plain[:arguments.top]:
        print(f"  no effects {count:4} {modules[name]}!{name}")
    return 0 if share >= arguments.minimum else 1


if __name__ == "__main__":
    sys.exit(main())
