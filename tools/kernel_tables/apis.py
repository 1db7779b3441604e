"""API entries: parameters, returns, effects. Everything is checked against the vocabulary and the layouts."""

import re
from dataclasses import dataclass, field

from .paths import PathError, parse_operand
from .types import Type, TypeError_, parse_type, size_of
from .vocabulary import CONVENTIONS, DIRECTIONS, IRQL

KEYS = {"parameters", "returns", "convention", "variadic", "effects", "max_irql", "min_irql", "may_fail",
        "danger", "model", "lifecycle", "replacement", "provenance", "modules", "failure", "success",
        "index", "handle", "x86_stack_bytes", "alias"}
DATA_KEYS = {"type", "x64", "x86", "meaning", "provenance", "modules"}
EFFECT_RESERVED = {"verb", "kind", "when", "role"}
PARAMETER = re.compile(r"^(in|out|inout)(\s+optional)?\s+(\S+)\s+([A-Za-z_]\w*)$")
RETURN_DEFAULTS = {"status": (0, 0xC0000001)}


@dataclass
class Parameter:
    name: str
    direction: str
    optional: bool
    type: Type
    x86_bytes: int = 0
    x86_place: int = 0     # stack offset from the first stack argument, or 0xfc ecx, 0xfd edx


@dataclass
class Effect:
    verb: str
    kind: str
    when: str
    role: str
    operands: list


@dataclass
class Api:
    name: str
    modules: tuple
    family: str
    convention: str
    variadic: bool
    parameters: list
    returns: Type
    effects: list
    entry: dict = field(default_factory=dict)
    x86_stack_bytes: int = 0
    x86_callee_pops: int = 0


def parse_parameter(text, structures, roles):
    match = PARAMETER.match(text) if isinstance(text, str) else None
    if not match:
        raise TypeError_(f"cannot read parameter {text!r}: 'in|out|inout [optional] type Name'")
    direction, optional, type_text, name = match.groups()
    type_ = parse_type(type_text, structures, roles)
    if type_.base == "void" and type_.stars == 0:
        raise TypeError_(f"parameter '{name}' is void")
    return Parameter(name, direction, bool(optional), type_)


def place_parameters(api, structures):
    """x86 stack slots; the first two 32-bit or smaller arguments of fastcall go to ecx and edx."""
    registers = [0xFC, 0xFD] if api.convention == "fastcall" else []
    offset = 0
    for parameter in api.parameters:
        size = size_of(parameter.type, structures, 1)
        parameter.x86_bytes = -(-size // 4) * 4
        in_register = registers and size <= 4 and parameter.type.base not in ("structure", "float") \
            or registers and parameter.type.is_pointer
        if in_register:
            parameter.x86_place = registers.pop(0)
            continue
        parameter.x86_place = offset
        offset += parameter.x86_bytes
    api.x86_stack_bytes = offset
    api.x86_callee_pops = 0 if api.convention == "cdecl" else offset


class Reader:
    def __init__(self, vocabulary, structures, problems):
        self.vocabulary, self.structures, self.problems = vocabulary, structures, problems
        self.roles = vocabulary.roles

    def effect(self, raw, api):
        if not isinstance(raw, dict) or "verb" not in raw:
            raise PathError(f"an effect is a table with a verb, not {raw!r}")
        verb = self.vocabulary.verbs.get(raw["verb"])
        if not verb:
            raise PathError(f"unknown verb '{raw['verb']}'")
        allowed = set(verb.required) | set(verb.optional)
        for key in raw:
            if key not in allowed and key not in EFFECT_RESERVED:
                raise PathError(f"{verb.name}: unknown key '{key}'; allowed: {', '.join(sorted(allowed))}")
        for key in verb.required:
            if key not in raw:
                raise PathError(f"{verb.name}: '{key}' is missing")
        kind = raw.get("kind", "none")
        if (verb.kinds and kind not in verb.kinds and not (kind == "none" and verb.name == "set-irql")) \
                or (not verb.kinds and kind != "none"):
            raise PathError(f"{verb.name}: kind '{kind}' is not one of {', '.join(verb.kinds) or 'none'}")
        role = raw.get("role", "other")
        if ("role" in raw) != verb.roles or role not in self.roles:
            raise PathError(f"{verb.name}: role '{raw.get('role')}' " +
                            ("is not a known role" if verb.roles else "does not belong here"))
        when = raw.get("when", "success")
        if when not in self.vocabulary.when:
            raise PathError(f"{verb.name}: when is one of {', '.join(self.vocabulary.when)}")
        operands = [(key, parse_operand(raw[key], api.parameters, api.returns, self.structures))
                    for key in self.vocabulary.keys if key in raw]
        return Effect(verb.name, kind, when, role, operands)

    def check_words(self, file, name, entry):
        ok = self.problems.unknown_keys(file, name, entry, KEYS)
        for key, allowed in (("danger", self.vocabulary.danger), ("model", self.vocabulary.knowledge),
                             ("lifecycle", self.vocabulary.lifecycle), ("max_irql", IRQL), ("min_irql", IRQL),
                             ("convention", CONVENTIONS)):
            if key in entry and entry[key] not in allowed:
                self.problems.add(file, name, f"{key} = '{entry[key]}' is not one of {', '.join(allowed)}")
                ok = False
        return ok

    def api(self, file, defaults, name, entry):
        """An Api, or nothing after reporting the problem."""
        if not self.check_words(file, name, entry):
            return None
        merged = {**defaults, **entry}
        try:
            parameters = [parse_parameter(text, self.structures, self.roles)
                          for text in merged.get("parameters", [])]
            returns = parse_type(merged.get("returns", "void"), self.structures, self.roles)
            names = [p.name for p in parameters]
            if len(set(names)) != len(names):
                raise TypeError_("two parameters have the same name")
            api = Api(name, tuple(merged.get("modules", ["ntoskrnl.exe"])), merged.get("family", "other"),
                      merged.get("convention", "stdcall"), merged.get("variadic", False), parameters, returns,
                      [], merged)
            if api.variadic and api.convention != "cdecl":
                raise TypeError_("a variadic function is cdecl")
            place_parameters(api, self.structures)
            stated = merged.get("x86_stack_bytes")
            if stated is not None and stated != api.x86_stack_bytes:
                raise TypeError_(f"x86_stack_bytes is {api.x86_stack_bytes}, the model states {stated}")
            api.effects = [self.effect(raw, api) for raw in merged.get("effects", [])]
        except (TypeError_, PathError) as error:
            self.problems.add(file, name, str(error))
            return None
        return api


def knowledge_of(api):
    """`effects` when there are any, else what the entry or its file says, else `prototype`."""
    if api.effects:
        return "effects"
    return api.entry.get("model", "prototype")


def return_values(api):
    """(success, failure) values a replay machine returns when no effect says otherwise."""
    success, failure = RETURN_DEFAULTS.get(api.returns.base if not api.returns.stars else "", (0, 0))
    return api.entry.get("success", success), api.entry.get("failure", failure)
