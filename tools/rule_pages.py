"""Reads the rule pages docs/rules/<group>/<id>.md: front matter and the fixed body headings.

The page is the only metadata of a rule. Everything that needs it (the generated table, the index, the lint)
reads it through this module.
"""
from dataclasses import dataclass
from pathlib import Path

HEADINGS = ["What", "Why it matters", "Example", "Fix", "How it is detected", "False positives", "False negatives",
            "References"]
KEYS = {"id", "title", "fix", "checklist", "severity", "cwe", "also", "precision", "machines", "needs", "kernel-only",
        "gate", "kinds"}
REQUIRED = KEYS - {"cwe", "also", "machines", "kernel-only", "gate", "kinds"}
SEVERITIES = ["note", "low", "medium", "high", "critical"]
PRECISIONS = ["low", "medium", "high", "very-high"]
NEEDS = ["image", "imports", "relocations", "load_config", "debug", "version", "rich", "pdb", "surface", "routines"]

INDEX = "docs/rules/README.md"


class PageError(Exception):
    """A page that breaks the form; the text names the file and what was expected."""


@dataclass
class Page:
    path: Path
    group: str
    meta: dict
    body: str

    @property
    def id(self):
        return self.meta["id"]

    @property
    def function(self):
        return "run_" + self.id.replace("-", "_")

    @property
    def source(self):
        return f"src/rules/{self.group}/{self.id.replace('-', '_')}.cpp"

    def words(self, key):
        return [w.strip() for w in self.meta.get(key, "").split(",") if w.strip()]


def parse(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise PageError(f"{path}: expected front matter between two lines '---'")
    end = lines.index("---", 1)
    meta = {}
    for number, line in enumerate(lines[1:end], 2):
        key, separator, value = line.partition(":")
        if not separator or key.strip() not in KEYS:
            raise PageError(f"{path}:{number}: expected one of {', '.join(sorted(KEYS))} followed by ':'")
        if key.strip() in meta:
            raise PageError(f"{path}:{number}: '{key.strip()}' is given twice")
        meta[key.strip()] = value.strip()
    page = Page(path, path.parent.name, meta, "\n".join(lines[end + 1:]).strip() + "\n")
    check(page)
    return page


def check(page):
    missing = sorted(REQUIRED - set(page.meta))
    if missing:
        raise PageError(f"{page.path}: the front matter lacks {', '.join(missing)}")
    if page.id != page.path.stem:
        raise PageError(f"{page.path}: id '{page.id}' is not the file's name")
    for key, allowed in (("severity", SEVERITIES), ("precision", PRECISIONS)):
        if page.meta[key] not in allowed:
            raise PageError(f"{page.path}: {key} '{page.meta[key]}' is not one of {', '.join(allowed)}")
    for need in page.words("needs"):
        if need not in NEEDS:
            raise PageError(f"{page.path}: need '{need}' is not one of {', '.join(NEEDS)}")
    for key in ("gate", "kernel-only"):
        if page.meta.get(key, "true") not in ("true", "false"):
            raise PageError(f"{page.path}: {key} is true or false")
    headings = [line[3:].strip() for line in page.body.splitlines() if line.startswith("## ")]
    if headings != HEADINGS:
        raise PageError(f"{page.path}: the headings are {headings}, expected {HEADINGS}")


def read_all(root):
    pages = [parse(path) for path in sorted((root / "docs" / "rules").glob("*/*.md"))]
    seen = {}
    for page in pages:
        if page.id in seen:
            raise PageError(f"{page.path}: the id is taken by {seen[page.id]}")
        seen[page.id] = page.path
    return sorted(pages, key=lambda p: (p.group, p.id))


def index(pages):
    """The text of docs/rules/README.md: one line for each rule, by group and id."""
    lines = ["# Rules", "", "Written by `tools/generate_rule_table.py . --index` from the pages; do not edit. The item is the one of the driver",
             "security checklist. [How to add a rule](../add-a-rule.md).", ""]
    group = None
    for page in pages:
        if page.group != group:
            group = page.group
            lines += [f"## {group}", "", "| Rule | Severity | Item | Title |", "|---|---|---|---|"]
        lines.append(f"| [{page.id}]({group}/{page.id}.md) | {page.meta['severity']} | {page.meta['checklist']} | "
                     f"{page.meta['title']} |")
    return "\n".join(lines) + "\n"


def missing_places(root, page):
    """The places a rule must have and does not: its function and its fail and pass fixtures."""
    wanted = [root / page.source] + [root / "tests" / "rules" / page.id / kind for kind in ("fail", "pass")]
    return [str(p.relative_to(root)) for p in wanted if not p.exists() or (p.is_dir() and not any(p.iterdir()))]
