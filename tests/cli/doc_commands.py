#!/usr/bin/env python3
"""The commands of a page run as they stand and print what follows them: doc_commands.py RINGFENCE PAGE.md

A ```console block holds one or more lines "$ COMMAND", each followed by its output. All of them run in one empty
directory, in the order of the page, so that files made by one are there for the next.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def commands_of(page):
    for block in re.findall(r"^```console\n(.*?)^```", page, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.strip("\n")


def main():
    ringfence, page = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).read_text(encoding="utf-8")
    environment = dict(os.environ, PATH=f"{ringfence.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for command, expected in commands_of(page):
            run = subprocess.run(["sh", "-c", command], cwd=directory, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if run.stdout.strip("\n") == expected:
                passed += 1
                continue
            failed += 1
            print(f"$ {command}\nthe page says:\n{expected}\nprinted:\n{run.stdout}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
