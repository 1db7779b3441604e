"""Access paths and operands.

    path    := root step*
    root    := Argument '*'* '[' n ']' | ReturnValue '*'* | Varargs
    step    := '.' field | '*'
    operand := term [('+' | '-') constant]
    term    := constant | [constant '*'] path | path '*' path
             | strlen(path) | [constant '*'] wcslen(path) | sizeof(STRUCTURE | pointer)
"""

import re
from dataclasses import dataclass

from .types import POINTER, SCALARS, size_of

ROOT = re.compile(r"^(Argument(\*{0,2})\[(\d+)\]|ReturnValue(\*{0,2})|Varargs)")
NUMBER = re.compile(r"^(0x[0-9a-fA-F]+|\d+)$")
MAXIMUM_DEPTH = 3


class PathError(Exception):
    pass


@dataclass(frozen=True)
class Path:
    root: str                    # argument, return_value, varargs
    index: int
    offsets: tuple               # one (x64, x86) pair for each dereference
    width: tuple                 # bytes of the value the path names, 0 for memory of unknown extent
    text: str


@dataclass(frozen=True)
class Operand:
    kind: str                    # constant, path, product, text_length, wide_text_length
    path: Path = None
    second: Path = None
    scale: int = 1
    constant: tuple = (0, 0)     # added; x64, x86
    text: str = ""


def field_of(layout, name):
    for f in layout.fields:
        if f.path == name:
            return f
    return None


def step_field(text, type_, structures):
    """Longest dotted field name at the start of `text`, and the rest."""
    match = re.match(r"^\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", text)
    if not match:
        raise PathError(f"cannot read '{text}'")
    if type_ is None or type_.base != "structure" or type_.stars:
        raise PathError(f"'{text}' names a field of something that is not a structure")
    layout = structures[type_.structure]
    if layout is None:
        raise PathError(f"'{type_.structure}' is opaque: it has no fields")
    found = field_of(layout, match.group(1))
    if not found:
        raise PathError(f"'{type_.structure}' has no field '{match.group(1)}'")
    return found, text[match.end():]


def dereference(type_):
    """The type a pointer points to."""
    if type_ is None or type_.stars == 0:
        raise PathError("dereferences something that is not a pointer")
    return type(type_)(type_.base, type_.stars - 1, type_.structure, type_.role)


def parse_path(text, parameters, returns, structures):
    match = ROOT.match(text)
    if not match:
        raise PathError(f"bad access path '{text}'")
    rest = text[match.end():]
    if match.group(1) == "Varargs":
        if rest:
            raise PathError(f"'{text}': nothing follows Varargs")
        return Path("varargs", len(parameters), (), (0, 0), text)
    if match.group(3) is not None:
        root, index, stars = "argument", int(match.group(3)), len(match.group(2))
        if index >= len(parameters):
            raise PathError(f"'{text}': there are {len(parameters)} parameters")
        type_ = parameters[index].type
    else:
        root, index, stars, type_ = "return_value", 0, len(match.group(4)), returns
        if type_.base == "void" and type_.stars == 0:
            raise PathError(f"'{text}': the function returns nothing")
    offsets = []
    try:
        for _ in range(stars):
            type_ = dereference(type_)
            offsets.append((0, 0))
        while rest:
            if rest[0] == "*":
                type_, rest = dereference(type_), rest[1:]
                offsets.append((0, 0))
            else:
                if not offsets:
                    raise PathError("a field needs a dereference first: Argument*[n].Field")
                found, rest = step_field(rest, type_, structures)
                last = offsets[-1]
                offsets[-1] = (last[0] + found.offset[0], last[1] + found.offset[1])
                type_ = found.type
    except PathError as error:
        raise PathError(f"'{text}': {error}") from None
    if len(offsets) > MAXIMUM_DEPTH:
        raise PathError(f"'{text}': more than {MAXIMUM_DEPTH} dereferences")
    if type_ is None or (type_.base == "structure" and type_.stars == 0 and structures[type_.structure] is None):
        width = (0, 0)
    else:
        width = tuple(size_of(type_, structures, w) for w in (0, 1))
    return Path(root, index, tuple(offsets), width, text)


def split_constant(text):
    """(term, constant) of 'term + constant' or 'term - constant'."""
    match = re.match(r"^(.*\S)\s*([+-])\s*(0x[0-9a-fA-F]+|\d+)$", text)
    if not match:
        return text, 0
    return match.group(1), int(match.group(3), 0) * (1 if match.group(2) == "+" else -1)


def parse_operand(text, parameters, returns, structures):
    """An Operand from a model's string or integer."""
    if isinstance(text, bool) or not isinstance(text, (int, str)):
        raise PathError(f"an operand is a string or an integer, not {text!r}")
    if isinstance(text, int):
        return Operand("constant", constant=(text, text), text=str(text))

    def path_of(part):
        return parse_path(part, parameters, returns, structures)

    term, added = split_constant(text.strip())
    if NUMBER.match(term):
        value = int(term, 0) + added
        return Operand("constant", constant=(value, value), text=text)
    match = re.match(r"^sizeof\((\w+)\)$", term)
    if match:
        name = match.group(1)
        if name == "pointer":
            size = POINTER
        elif name in SCALARS:
            size = SCALARS[name]
        elif structures.get(name) is not None:
            size = structures[name].size
        else:
            raise PathError(f"sizeof of unknown '{name}'")
        return Operand("constant", constant=(size[0] + added, size[1] + added), text=text)
    scale = 1
    match = re.match(r"^(0x[0-9a-fA-F]+|\d+)\s*\*\s*(.+)$", term)
    if match:
        scale, term = int(match.group(1), 0), match.group(2)
    match = re.match(r"^(strlen|wcslen)\((.+)\)$", term)
    if match:
        kind = "text_length" if match.group(1) == "strlen" else "wide_text_length"
        return Operand(kind, path_of(match.group(2)), None, scale, (added, added), text)
    match = re.match(r"^(.+\S)\s+\*\s+(\S.+)$", term)
    if match:
        return Operand("product", path_of(match.group(1)), path_of(match.group(2)), scale, (added, added), text)
    return Operand("path", path_of(term), None, scale, (added, added), text)
