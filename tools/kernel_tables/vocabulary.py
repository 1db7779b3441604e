"""Reads models/vocabulary.toml: the closed sets of words."""

from dataclasses import dataclass

IRQL = {"PASSIVE_LEVEL": 0, "APC_LEVEL": 1, "DISPATCH_LEVEL": 2, "DIRQL": 3, "HIGH_LEVEL": 15}
CONVENTIONS = ("stdcall", "cdecl", "fastcall")
DIRECTIONS = ("in", "out", "inout")
TYPE_CLASSES = ("void", "bool", "char", "wchar", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64",
                "status", "uptr", "iptr", "handle", "float", "double", "large_integer", "structure",
                "pointer", "callback")


@dataclass
class Verb:
    name: str
    meaning: str
    required: list
    optional: list
    kinds: list
    roles: bool


class Vocabulary:
    def __init__(self, raw, file, problems):
        problems.unknown_keys(file, "top level", raw,
                              {"keys", "when", "knowledge", "lifecycle", "verb", "role", "danger"})
        self.keys = raw["keys"]
        self.when = raw["when"]
        self.knowledge = raw["knowledge"]
        self.lifecycle = raw["lifecycle"]
        self.danger = raw["danger"]
        self.roles = raw["role"]
        self.verbs = {}
        self.kinds = ["none"]
        for name, entry in raw["verb"].items():
            problems.unknown_keys(file, f"verb.{name}", entry, {"meaning", "required", "optional", "kinds", "roles"})
            verb = Verb(name, entry["meaning"], entry.get("required", []), entry.get("optional", []),
                        entry.get("kinds", []), entry.get("roles", False))
            for key in verb.required + verb.optional:
                if key not in self.keys:
                    problems.add(file, f"verb.{name}", f"key '{key}' is not in keys")
            self.kinds += [kind for kind in verb.kinds if kind not in self.kinds]
            self.verbs[name] = verb
        for name, entry in self.roles.items():
            problems.unknown_keys(file, f"role.{name}", entry, {"parameters", "returns", "irql", "meaning"})
            if entry.get("irql") not in IRQL:
                problems.add(file, f"role.{name}", f"irql is one of {', '.join(IRQL)}")
