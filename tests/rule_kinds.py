#!/usr/bin/env python3
"""Every kind of operation that the report knows has one rule, and every rule one page with its remedy.

usage: rule_kinds.py ROOT RINGFENCE [--write]

The table stands in docs/surface-rules.md between two markers; --write brings it up to date, without it a difference fails. The kinds
are those of the contract, the rules those whose page names the kind, the pages what `ringfence explain` prints.
"""
import ast
import subprocess
import sys
from pathlib import Path

ROOT, RINGFENCE = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(ROOT / "tools"))
import rule_pages

BEGIN, END = "<!-- kinds: written by tests/rule_kinds.py -->", "<!-- end of kinds -->"
failures = []


def kinds():
    """KINDS of the test drivers' index: those of the contract, in its order."""
    tree = ast.parse((ROOT / "tests/drivers/tools/driver_index.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "KINDS":
            return ast.literal_eval(node.value)
    sys.exit("driver_index.py has no KINDS")


KINDS = kinds()

def pages():
    for group in ("privilege", "memory"):
        for path in sorted((ROOT / "docs/rules" / group).glob("*.md")):
            page = rule_pages.parse(path)
            for kind in page.words("kinds"):
                yield kind, group, page


def table(rules):
    lines = [BEGIN, "| Kind | Rule | Severity for any user | Remedy |", "|---|---|---|---|"]
    for kind in KINDS:
        group, page = rules[kind]
        lines.append(f"| `{kind}` | [{page.id}](rules/{group}/{page.id}.md) | {page.meta['severity']} | {page.meta['fix']} |")
    return "\n".join([*lines, END])


def main():
    rules = {}
    for kind, group, page in pages():
        if kind in rules:
            failures.append(f"{kind}: {rules[kind][1].id} and {page.id} both judge it")
        if kind not in KINDS:
            failures.append(f"{page.id}: {kind} is no kind of the report")
        rules[kind] = group, page
    failures.extend(f"{kind}: no rule judges it" for kind in KINDS if kind not in rules)
    for group, page in {page.id: (group, page) for group, page in rules.values()}.values():
        source = (ROOT / page.source).read_text(encoding="utf-8")
        for kind in page.words("kinds"):
            if f'{{"{kind}"' not in source:
                failures.append(f"{page.source} does not judge {kind}")
        shown = subprocess.run([RINGFENCE, "explain", page.id], capture_output=True, text=True)
        if shown.returncode != 0 or "Fix" not in shown.stdout:
            failures.append(f"explain {page.id}: exit code {shown.returncode}, or no remedy")
    document = ROOT / "docs/surface-rules.md"
    text = document.read_text(encoding="utf-8")
    if not failures and "--write" in sys.argv:
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        document.write_text(head + table(rules) + tail, encoding="utf-8")
    elif not failures and table(rules) not in text:
        failures.append("docs/surface-rules.md: the table of kinds is not up to date; run with --write")
    for failure in failures:
        print("FAILED:", failure)
    print(f"{len(rules)} kinds, {len({page.id for _, page in rules.values()})} rules, {len(failures)} wrong")
    sys.exit(1 if failures else 0)


main()
