"""Structure layouts: offsets are computed from field types by the rules of the Microsoft compiler (natural
alignment, capped by `pack`) for both word sizes, then compared with every offset the model states."""

import re
from dataclasses import dataclass, field

from .types import TypeError_, align_of, parse_type, size_of

FIELD = re.compile(
    r"^(?:only\((x64|x86)\)\s+)?(?:align\((pointer|\d+)\)\s+)?(\S+)\s+([A-Za-z_]\w*)((?:\[\d+\])*)"
    r"(?:\s+@(0x[0-9a-f]+|-)\s+(0x[0-9a-f]+|-))?$")
GROUP = re.compile(r"^(struct|union)(?:\s+([A-Za-z_]\w*))?$")
KEYS = {"size", "pack", "fields", "constants", "provenance", "meaning", "align"}


@dataclass
class Field:
    path: str
    offset: tuple
    size: tuple          # of one element; 0 where the field does not exist on that word size
    count: int
    type: object


@dataclass
class Layout:
    name: str
    size: tuple = (0, 0)
    align: tuple = (1, 1)
    fields: list = field(default_factory=list)
    constants: bool = False
    provenance: str = ""


class LayoutError(Exception):
    pass


class Builder:
    def __init__(self, structures, roles, pack):
        self.structures, self.roles, self.pack = structures, roles, pack

    def cap(self, alignment, word):
        return min(alignment, self.pack[word]) if self.pack[word] else alignment

    def leaf(self, text, prefix):
        match = FIELD.match(text)
        if not match:
            raise LayoutError(f"cannot read field '{text}'")
        only, align, type_text, name, array, at64, at86 = match.groups()
        try:
            type_ = parse_type(type_text, self.structures, self.roles)
        except TypeError_ as error:
            raise LayoutError(f"field '{name}': {error}") from None
        count = 1
        for dimension in re.findall(r"\d+", array):
            count *= int(dimension)
        sizes = tuple(size_of(type_, self.structures, w) for w in (0, 1))
        aligns = [self.cap(align_of(type_, self.structures, w), w) for w in (0, 1)]
        if align == "pointer":
            aligns[0] = max(aligns[0], 8)
        elif align:
            aligns = [max(a, int(align)) for a in aligns]
        if only:
            gone = 1 if only == "x64" else 0
            sizes = tuple(0 if w == gone else sizes[w] for w in (0, 1))
            aligns[gone] = 1
        stated = tuple(None if s in (None, "-") else int(s, 16) for s in (at64, at86))
        entry = Field(prefix + name, (0, 0), sizes, count, type_)
        total = tuple(s * count for s in sizes)
        fields = [entry]
        if type_.base == "structure" and not type_.is_pointer and count == 1:
            inner = self.structures[type_.structure]
            fields += [Field(f"{prefix}{name}.{f.path}", f.offset,
                             tuple(f.size[w] if sizes[w] else 0 for w in (0, 1)), f.count, f.type)
                       for f in inner.fields]
            if only:
                for f in fields:
                    f.offset = tuple(f.offset[w] if sizes[w] else 0 for w in (0, 1))
        return fields, total, tuple(aligns), [(entry, stated)]

    def group(self, items, is_union, prefix):
        """Fields with offsets relative to the group, its size and alignment, and stated offsets to check."""
        fields, checks = [], []
        position, extent, alignment = [0, 0], [0, 0], [1, 1]
        for item in items:
            if isinstance(item, list):
                match = GROUP.match(item[0]) if item and isinstance(item[0], str) else None
                if not match:
                    raise LayoutError("a nested list starts with 'struct [Name]' or 'union [Name]'")
                inner_prefix = prefix + (match.group(2) + "." if match.group(2) else "")
                inner, size, align, inner_checks = self.group(item[1:], match.group(1) == "union", inner_prefix)
                if match.group(2):
                    inner = [Field(prefix + match.group(2), (0, 0), size, 1, None)] + inner
            else:
                inner, size, align, inner_checks = self.leaf(item, prefix)
            start = [0, 0]
            for w in (0, 1):
                start[w] = 0 if is_union else -(-position[w] // align[w]) * align[w]
                position[w] = start[w] + size[w]
                extent[w] = max(extent[w], position[w])
                alignment[w] = max(alignment[w], align[w])
            for f in inner:
                f.offset = (f.offset[0] + start[0], f.offset[1] + start[1])
            fields += inner
            checks += inner_checks
        size = tuple(-(-extent[w] // alignment[w]) * alignment[w] for w in (0, 1))
        return fields, size, tuple(alignment), checks


def per_word(value):
    """An integer for both word sizes, or [x64, x86]."""
    return tuple(value) if isinstance(value, list) else (value, value)


def build_structure(name, entry, structures, roles):
    """A Layout, or LayoutError."""
    builder = Builder(structures, roles, per_word(entry.get("pack", 0)))
    fields, size, align, checks = builder.group(entry.get("fields", []), False, "")
    if "align" in entry:
        align = tuple(max(a, b) for a, b in zip(align, per_word(entry["align"])))
        size = tuple(-(-size[w] // align[w]) * align[w] for w in (0, 1))
    for leaf, stated in checks:
        for word, label in ((0, "x64"), (1, "x86")):
            if stated[word] is not None and stated[word] != leaf.offset[word]:
                raise LayoutError(f"field '{leaf.path}' lies at {leaf.offset[word]:#x} on {label}, "
                                  f"the model states {stated[word]:#x}")
    stated = entry.get("size")
    if stated is not None and (not isinstance(stated, list) or tuple(stated) != size):
        raise LayoutError(f"size is [{size[0]:#x}, {size[1]:#x}] (x64, x86), the model states {stated}")
    seen = set()
    for f in fields:
        if f.path in seen:
            raise LayoutError(f"field '{f.path}' occurs twice")
        seen.add(f.path)
    return Layout(name, size, align, fields, entry.get("constants", False), entry.get("provenance", ""))


def dependencies(entry):
    """Names of structures that must be laid out before this one (fields by value)."""
    result = []

    def visit(items):
        for item in items:
            if isinstance(item, list):
                visit(item[1:])
            elif isinstance(item, str):
                match = FIELD.match(item)
                if match and not match.group(3).endswith("*"):
                    result.append(match.group(3))
    visit(entry.get("fields", []))
    return result


def build_all(raw, opaque, roles, problems):
    """name -> Layout (None for opaque objects). `raw` maps name -> (file, entry)."""
    structures = {name: None for name in opaque}
    structures.update({name: Layout(name) for name in raw})
    done, active = set(), []

    def visit(name):
        if name in done or name not in raw:
            return
        file, entry = raw[name]
        if name in active:
            problems.add(file, name, "contains itself by value")
            return
        active.append(name)
        for other in dependencies(entry):
            visit(other)
        active.pop()
        done.add(name)
        if not problems.unknown_keys(file, name, entry, KEYS):
            return
        try:
            structures[name] = build_structure(name, entry, structures, roles)
        except LayoutError as error:
            problems.add(file, name, str(error))

    for name in raw:
        visit(name)
    return structures
