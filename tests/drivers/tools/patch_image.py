#!/usr/bin/env python3
"""Give a linked driver a property that the linker does not offer. Deterministic.

usage: patch_image.py FILE WORD...
  checksum=off        add one to the right checksum
  checksum=zero       clear it
  overlay=N           append N bytes
  noise=SECTION       fill a section with pseudo-random bytes, as a packer's payload looks
  rename=OLD:NEW      rename a section
  sdl=0|1|none        add a VC_FEATURE debug entry with that /sdl count (`none`: no entry)
Every word but the checksum's own leaves a right checksum.
"""
import struct
import sys


class Image:
    def __init__(self, data):
        self.data = data
        self.pe = struct.unpack_from("<I", data, 0x3C)[0]
        self.optional = self.pe + 24
        self.wide = struct.unpack_from("<H", data, self.optional)[0] == 0x20B
        self.directories = self.optional + (112 if self.wide else 96)
        count = struct.unpack_from("<H", data, self.pe + 6)[0]
        table = self.optional + struct.unpack_from("<H", data, self.pe + 20)[0]
        self.sections = [table + 40 * i for i in range(count)]

    def name(self, section):
        return bytes(self.data[section:section + 8]).rstrip(b"\0").decode()

    def find(self, name):
        for section in self.sections:
            if self.name(section) == name:
                return section
        sys.exit(f"patch_image.py: no section {name}")

    def offset(self, rva):
        for section in self.sections:
            size, address, raw_size, raw = struct.unpack_from("<IIII", self.data, section + 8)
            if address <= rva < address + max(size, raw_size):
                return raw + rva - address
        sys.exit(f"patch_image.py: RVA {rva:#x} is in no section")

    def rva(self, offset):
        for section in self.sections:
            _, address, raw_size, raw = struct.unpack_from("<IIII", self.data, section + 8)
            if raw <= offset < raw + raw_size:
                return address + offset - raw
        sys.exit(f"patch_image.py: offset {offset:#x} is in no section")

    def set_checksum(self, change):
        at = self.optional + 64
        struct.pack_into("<I", self.data, at, 0)
        if change == "zero":
            return
        padded = bytes(self.data) + b"\0" * (len(self.data) % 2)
        total = 0
        for (word,) in struct.iter_unpack("<H", padded):
            total += word
            total = (total & 0xFFFF) + (total >> 16)
        struct.pack_into("<I", self.data, at, total + len(self.data) + (1 if change == "off" else 0))

    def noise(self, name):
        section = self.find(name)
        _, _, raw_size, raw = struct.unpack_from("<IIII", self.data, section + 8)
        state = 0x9E3779B97F4A7C15
        for i in range(raw_size):
            state ^= (state << 13) & 0xFFFFFFFFFFFFFFFF
            state ^= state >> 7
            state ^= (state << 17) & 0xFFFFFFFFFFFFFFFF
            self.data[raw + i] = (state >> 24) & 0xFF

    def add_feature(self, sdl):
        """Move the debug directory into the room that support/loadcfg.S reserves behind its mark and append the entry there."""
        room = bytes(self.data).find(b"RFDEBUGDIRECTORY")
        if room < 0:
            sys.exit("patch_image.py: no room for debug entries in this image")
        slot = self.directories + 8 * 6
        rva, size = struct.unpack_from("<II", self.data, slot)
        old = bytes(self.data[self.offset(rva):self.offset(rva) + size])
        payload = room + 0xC0
        struct.pack_into("<IIIII", self.data, payload, 0, 12, 12, sdl, 12)
        entry = struct.pack("<IIHHIIII", 0, struct.unpack_from("<I", old, 4)[0], 0, 0, 12, 20, self.rva(payload), payload)
        self.data[room:room + len(old) + 28] = old + entry
        struct.pack_into("<II", self.data, slot, self.rva(room), len(old) + 28)


def main():
    path = sys.argv[1]
    with open(path, "rb") as handle:
        image = Image(bytearray(handle.read()))
    checksum = "right"
    for word in sys.argv[2:]:
        key, _, value = word.partition("=")
        if key == "checksum":
            checksum = value
        elif key == "overlay":
            image.data += bytes(i & 0xFF for i in range(int(value)))
        elif key == "noise":
            image.noise(value)
        elif key == "rename":
            old, new = value.split(":")
            section = image.find(old)
            image.data[section:section + 8] = new.encode().ljust(8, b"\0")
        elif key == "sdl":
            if value != "none":
                image.add_feature(int(value))
        else:
            sys.exit(f"patch_image.py: unknown word {word}")
    image.set_checksum(checksum)
    with open(path, "wb") as handle:
        handle.write(image.data)


main()
