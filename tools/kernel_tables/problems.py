"""Collects what is wrong with the models: every problem names the file and the entry it is in."""


class Problems:
    def __init__(self):
        self.lines = []

    def add(self, file, entry, text):
        self.lines.append(f"{file}: {entry}: {text}")

    def unknown_keys(self, file, entry, table, allowed):
        """Reports each key of `table` that is not in `allowed`; true when there is none."""
        bad = [key for key in table if key not in allowed]
        for key in bad:
            self.add(file, entry, f"unknown key '{key}'; allowed: {', '.join(sorted(allowed))}")
        return not bad
