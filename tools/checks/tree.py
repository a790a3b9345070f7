"""The files that the house rules look at, and how a finding is told."""

import dataclasses
import os
import subprocess

_TEXT = (".cc", ".h", ".proto", ".bzl", ".bazel", ".BUILD", ".py", ".sh", ".md", ".txt", ".toml")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str


class Tree:
    """Paths (relative to the top of the repository) and their text. Binary files have no text."""

    def __init__(self, files):
        self.files = dict(sorted(files.items()))

    @staticmethod
    def from_repository(top):
        """Tracked files and new ones that git would not ignore."""
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={top}", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=top, check=True, stdout=subprocess.PIPE).stdout.decode()
        files = {}
        for path in filter(None, listed.split("\0")):
            full = os.path.join(top, path)
            if not os.path.isfile(full):
                continue
            with open(full, "rb") as opened:
                data = opened.read()
            files[path] = None if b"\0" in data else data.decode("utf-8", "surrogateescape")
        return Tree(files)

    def select(self, *suffixes, under=""):
        """(path, text) of the text files below a folder, by suffix."""
        for path, text in self.files.items():
            if text is not None and path.startswith(under) and path.endswith(suffixes or ("",)):
                yield path, text

    def sources(self, under=""):
        """C++ files."""
        return self.select(".cc", ".h", under=under)

    def code(self):
        """Everything written by hand except prose: sources, schemas, build files, scripts."""
        for path, text in self.files.items():
            if text is not None and is_code(path, text):
                yield path, text

    def text(self, path):
        return self.files.get(path) or ""

    def __contains__(self, path):
        return path in self.files


def is_script(path, text):
    return path.endswith((".sh", ".py")) or ("." not in os.path.basename(path)
                                             and text.startswith("#!"))


def is_code(path, text):
    return (path.endswith(_TEXT) and not path.endswith((".md", ".txt"))) or is_script(path, text) \
        or path == "WORKSPACE"
