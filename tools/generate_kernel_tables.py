#!/usr/bin/env python3
"""Compiles models/ into the tables of the kernel room.

    generate_kernel_tables.py MODELS OUTPUT [--check]

OUTPUT receives kernel_tables.cpp and include/ringfence/kernel/{vocabulary,layouts}.h. Every mistake in a model
(unknown key, duplicate name, bad access path, parameter or layout mismatch) is printed as
`file: entry: what is wrong`, and the exit code is 1.
"""

import argparse
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kernel_tables.apis import DATA_KEYS, Reader, parse_parameter  # noqa: E402
from kernel_tables.emit import Emitter, layouts_header, vocabulary_header  # noqa: E402
from kernel_tables.names import read_names  # noqa: E402
from kernel_tables.problems import Problems  # noqa: E402
from kernel_tables.structures import build_all  # noqa: E402
from kernel_tables.types import TypeError_, parse_type  # noqa: E402
from kernel_tables.vocabulary import Vocabulary  # noqa: E402

NOT_API = {"structs", "codes", "security", "descriptors"}
FILE_KEYS = {"modules", "family", "danger", "model", "max_irql", "convention", "lifecycle"}


def load(models, problems):
    """[(relative name, table)] of every TOML file, in name order."""
    documents = []
    for path in sorted(models.rglob("*.toml")):
        name = path.relative_to(models).as_posix()
        try:
            documents.append((name, tomllib.loads(path.read_text(encoding="utf-8"))))
        except tomllib.TOMLDecodeError as error:
            problems.add(name, "file", str(error))
    return documents


def read_structures(documents, roles, problems):
    raw, opaque = {}, {}
    for file, table in documents:
        if not file.startswith("structs/"):
            continue
        problems.unknown_keys(file, "top level", table, {"structure", "opaque"})
        for name in table.get("opaque", []):
            if name in opaque:
                problems.add(file, name, f"duplicate name, first in {opaque[name]}")
            opaque[name] = file
        for name, entry in table.get("structure", {}).items():
            if name in raw:
                problems.add(file, name, f"duplicate name, first in {raw[name][0]}")
            raw[name] = (file, entry)
    for name in raw.keys() & opaque.keys():
        problems.add(opaque[name], name, "is opaque and has a layout")
    return build_all(raw, opaque, roles, problems)


def read_roles(vocabulary, structures, problems):
    for name, entry in vocabulary.roles.items():
        try:
            entry["parsed"] = [parse_parameter(p, structures, vocabulary.roles) for p in entry["parameters"]]
            entry["parsed_returns"] = parse_type(entry["returns"], structures, vocabulary.roles)
        except TypeError_ as error:
            problems.add("vocabulary.toml", f"role.{name}", str(error))


def read_apis(documents, reader, problems):
    apis, data, wdf, origin = {}, {}, {"kmdf": [], "umdf": []}, {}
    for file, table in documents:
        if file == "vocabulary.toml" or file.split("/")[0] in NOT_API:
            continue
        problems.unknown_keys(file, "top level", table, {"file", "api", "data", "functions"})
        defaults = table.get("file", {})
        problems.unknown_keys(file, "file", defaults, FILE_KEYS)
        for kind, names in table.get("functions", {}).items():
            if kind not in wdf or len(set(names)) != len(names):
                problems.add(file, kind, "functions are kmdf or umdf, and a name occurs once")
                continue
            wdf[kind] = names
        for section in ("api", "data"):
            for name, entry in table.get(section, {}).items():
                if name in origin:
                    problems.add(file, name, f"duplicate name, first in {origin[name]}")
                    continue
                origin[name] = file
                if section == "api":
                    api = reader.api(file, defaults, name, entry)
                    if api:
                        apis[name] = api
                elif problems.unknown_keys(file, name, entry, DATA_KEYS):
                    try:
                        parsed = parse_type(entry.get("type", ""), reader.structures, reader.roles)
                        data[name] = {**{k: defaults[k] for k in ("modules",) if k in defaults}, **entry,
                                      "parsed": parsed}
                    except TypeError_ as error:
                        problems.add(file, name, str(error))
    return apis, data, wdf


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def generate(models, output):
    problems = Problems()
    documents = load(models, problems)
    by_name = dict(documents)
    if "vocabulary.toml" not in by_name:
        problems.add("vocabulary.toml", "file", "is missing")
        return problems
    vocabulary = Vocabulary(by_name["vocabulary.toml"], "vocabulary.toml", problems)
    structures = read_structures(documents, vocabulary.roles, problems)
    read_roles(vocabulary, structures, problems)
    apis, data, wdf = read_apis(documents, Reader(vocabulary, structures, problems), problems)
    names = read_names([d for d in documents if d[0].startswith("codes/")], problems)
    if problems.lines or output is None:
        return problems
    emitter = Emitter(vocabulary, structures)
    include = output / "include/ringfence/kernel"
    write_if_changed(output / "kernel_tables.cpp", emitter.tables(apis, data, names, wdf))
    write_if_changed(include / "vocabulary.h", vocabulary_header(vocabulary, list(names.sets)))
    write_if_changed(include / "layouts.h", layouts_header(structures))
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path)
    parser.add_argument("output", type=Path, nargs="?")
    parser.add_argument("--check", action="store_true", help="only check the models")
    arguments = parser.parse_args()
    problems = generate(arguments.models, None if arguments.check else arguments.output)
    for line in problems.lines:
        print(line, file=sys.stderr)
    return 1 if problems.lines else 0


if __name__ == "__main__":
    sys.exit(main())
