#!/usr/bin/env python3
"""Write the module-definition files from which llvm-dlltool makes import libraries.

usage: make_def.py ARCH OUTPUT_DIRECTORY HEADER...

The headers hold one prototype a line below `// module NAME` lines (see include/imports.h). On x86 a stdcall name is decorated with
the bytes of its parameters, a fastcall name with a leading @ as well; dlltool -k keeps the decoration off the imported name.
"""
import pathlib
import re
import sys

PROTOTYPE = re.compile(r"^(?:RF_IMPORT|extern)\s+[\w\s]*?\**\s*\b(NTAPI|FASTCALL|__cdecl)\s+(\w+)\((.*)\);$")
VARIABLE = re.compile(r"^RF_IMPORT\s+[\w\s*]+?\**\b(\w+);$")
EIGHT_BYTES = {"LARGE_INTEGER", "PHYSICAL_ADDRESS", "MM_COPY_ADDRESS", "ULONG64", "ULONGLONG", "LONGLONG", "LUID"}
# Helpers of the 32-bit compilers, which the x86 kernel exports.
X86_ONLY = {"ntoskrnl.exe": ["_allmul", "_alldiv", "_aulldiv", "_aullrem", "_allrem", "_allshl", "_allshr", "_aullshr", "_except_handler3 DATA"]}
WIDE_ONLY = {"ntoskrnl.exe": ["__C_specific_handler"]}


def stack_bytes(parameters):
    if parameters.strip() in ("", "VOID", "void"):
        return 0
    total = 0
    for parameter in parameters.split(","):
        words = parameter.replace("const", " ").strip()
        total += 8 if "*" not in words and words.split()[0] in EIGHT_BYTES else 4
    return total


def entries(lines, arch):
    for line in lines:
        if match := PROTOTYPE.match(line):
            convention, name, parameters = match.groups()
            if arch != "x86":
                yield name
            elif convention == "NTAPI":
                yield f"{name}@{stack_bytes(parameters)}"
            elif convention == "FASTCALL":
                yield f"@{name}@{stack_bytes(parameters)}"
            else:
                yield name
        elif match := VARIABLE.match(line):
            yield match.group(1) + " DATA"
        elif line.startswith(("RF_IMPORT", "extern")):
            sys.exit(f"make_def.py: not a prototype on one line: {line}")


def main():
    arch, output, headers = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    modules, current, wanted = {}, None, True
    for header in headers:
        current = None
        for line in pathlib.Path(header).read_text().splitlines():
            if line.startswith("// module "):
                current = modules.setdefault(line.split()[2], [])
            elif line.startswith("#ifdef RF_X86"):
                wanted = arch == "x86"
            elif line.startswith("#endif"):
                wanted = True
            elif current is not None and wanted:
                current.append(line.strip())
    output.mkdir(parents=True, exist_ok=True)
    for module, lines in modules.items():
        names = list(entries(lines, arch)) + (X86_ONLY if arch == "x86" else WIDE_ONLY).get(module, [])
        text = f"LIBRARY {module}\nEXPORTS\n" + "".join(f"    {name}\n" for name in names)
        path = output / (module.lower() + ".def")
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


main()
