"""C types as the models write them: `u32`, `UNICODE_STRING*`, `void**`, `callback.dpc`, `LUID` (by value)."""

from dataclasses import dataclass

# name -> (bytes on x64, bytes on x86)
SCALARS = {
    "void": (0, 0), "bool": (1, 1), "char": (1, 1), "wchar": (2, 2),
    "i8": (1, 1), "u8": (1, 1), "i16": (2, 2), "u16": (2, 2), "i32": (4, 4), "u32": (4, 4),
    "i64": (8, 8), "u64": (8, 8), "status": (4, 4), "uptr": (8, 4), "iptr": (8, 4),
    "handle": (8, 4), "float": (4, 4), "double": (8, 8), "large_integer": (8, 8),
}
POINTER = (8, 4)


@dataclass(frozen=True)
class Type:
    base: str          # scalar name, "callback" or "structure"
    stars: int = 0     # number of indirections
    structure: str = ""
    role: str = ""

    @property
    def is_pointer(self):
        return self.stars > 0 or self.base == "callback"


class TypeError_(Exception):
    pass


def parse_type(text, structures, roles):
    """A Type, or TypeError_ with the reason. `structures` holds the names of layouts and of opaque objects."""
    stars = len(text) - len(text.rstrip("*"))
    name = text[: len(text) - stars] if stars else text
    if name in SCALARS:
        return Type(name, stars)
    if name == "callback" or name.startswith("callback."):
        role = name[9:] or "other"
        if role not in roles:
            raise TypeError_(f"unknown callback role '{role}'")
        return Type("callback", stars, role=role)
    if name in structures:
        if structures[name] is None and stars == 0:
            raise TypeError_(f"'{name}' is opaque and cannot be passed by value")
        return Type("structure", stars, structure=name)
    raise TypeError_(f"unknown type '{name}'")


def size_of(type_, structures, word):
    """Bytes of a value of this type; word is 0 for x64 and 1 for x86."""
    if type_.is_pointer:
        return POINTER[word]
    if type_.base == "structure":
        layout = structures[type_.structure]
        return layout.size[word]
    return SCALARS[type_.base][word]


def align_of(type_, structures, word):
    if type_.is_pointer:
        return POINTER[word]
    if type_.base == "structure":
        return structures[type_.structure].align[word]
    return max(1, SCALARS[type_.base][word])
