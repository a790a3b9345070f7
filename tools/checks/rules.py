"""The house rules. Each takes a Tree and yields what it finds; selftest.py proves that it bites."""

import ast
import os
import re

from checks import cpp
from checks import policy
from checks.tree import Finding
from checks.tree import is_script

RULES = {}


def rule(name):
    def register(function):
        RULES[name] = function
        return function
    return register


def matches(path, text, pattern, message):
    """One finding for each line that the pattern hits."""
    for match in re.finditer(pattern, text):
        said = message % match.group(0).strip() if "%s" in message else message
        yield Finding(path, cpp.line_of(text, match.start()), said)


# ---- sizes and form ----

@rule("file-size")
def file_size(tree):
    for path, text in tree.code():
        lines = text.count("\n")
        source = path.startswith("src/") and path not in policy.LONG_SOURCES
        limit = policy.SOURCE_LINES if source else policy.FILE_LINES
        if lines > limit:
            yield Finding(path, lines, f"{lines} lines; past {limit} it wants to be two files")


@rule("function-size")
def function_size(tree):
    limit = policy.FUNCTION_LINES
    for path, text in tree.sources():
        for line, lines, name in cpp.functions(text):
            if lines > limit:
                yield Finding(path, line, f"{name} has {lines} lines; no function passes {limit}")
    for path, text in tree.code():
        for line, lines, name in script_functions(path, text):
            if lines > limit:
                yield Finding(path, line, f"{name} has {lines} lines; no function passes {limit}")


def script_functions(path, text):
    if not is_script(path, text):
        return
    if path.endswith(".py") or "python" in text.split("\n", 1)[0]:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield node.lineno, node.end_lineno - node.lineno + 1, node.name
    else:
        for match in re.finditer(r"^([\w-]+)\(\) [{(]\n.*?^[})]", text, re.MULTILINE | re.DOTALL):
            yield (cpp.line_of(text, match.start()), match.group(0).count("\n") + 1, match.group(1))


@rule("line-length")
def line_length(tree):
    for path, text in tree.code():
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > policy.LINE_COLUMNS and "://" not in line:
                yield Finding(path, number,
                              f"{len(line)} columns; the limit is {policy.LINE_COLUMNS}")


@rule("ascii")
def ascii_only(tree):
    for path, text in tree.code():
        for number, line in enumerate(text.split("\n"), 1):
            if not line.isascii():
                yield Finding(path, number, "code is ASCII; write an escape")


@rule("whitespace")
def whitespace(tree):
    for path, text in tree.code():
        yield from matches(path, text, r"[ \t]+(?=\n)", "trailing blanks")
        yield from matches(path, text, r"\t", "a tab")
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "no newline at the end of the file")


@rule("pragma-once")
def pragma_once(tree):
    for path, text in tree.select(".h"):
        if not re.search(r"^#pragma once$", text, re.MULTILINE):
            yield Finding(path, 1, "a header without #pragma once")


# ---- words ----

def register_ban(ban):
    @rule(ban.name)
    def banned(tree):
        for path, text in (tree.code() if ban.scripts else tree.sources()):
            if path.startswith(ban.folders) and not (ban.allowed and path.startswith(ban.allowed)):
                code = text if ban.scripts else cpp.strip(text)
                yield from matches(path, code, ban.pattern, f"%s: {ban.reason}")


for _ban in policy.BANS:
    register_ban(_ban)


@rule("promises")
def promises(tree):
    for path, text in tree.select():
        if path != "LICENSE":
            yield from matches(path, text, policy.PROMISES, "'%s' promises instead of doing")


# ---- layers ----

NO_LAYER = "the folder has no entry in the table of layers (tools/checks/policy.py)"


def layer_of(path):
    """The layer that a path belongs to: the longest name that it begins with, and its entry."""
    found = [name for name in policy.LAYERS if re.match(re.escape(name) + r"(?:[/._]|$)", path)]
    name = max(found, key=len, default=None)
    return name, policy.LAYERS.get(name)


def may_use(name, layer, path):
    """Whether a file of that layer may reach a path of ours."""
    owner = layer_of(path)[0] or path.split("/", 1)[0]
    return owner == name or owner in layer.folders


@rule("layers")
def layers(tree):
    """Folders below src/ are known layers and include only what the table allows."""
    for path, text in tree.sources("src/"):
        name, layer = layer_of(path)
        if layer is None:
            yield Finding(path, 1, NO_LAYER)
            continue
        for line, header in cpp.includes(text):
            ours = header.startswith(("src/", "proto/", "tests/", "bench/", "tools/"))
            if header.startswith("proto/") and path.endswith(".h"):
                yield Finding(path, line, f"{header}: generated classes stay out of headers")
            elif ours and not may_use(name, layer, header):
                yield Finding(path, line, f"{header}: {name} may not include it")
            elif not ours and not layer.headers.match(header):
                yield Finding(path, line, f"{header}: not a header that {name} may include")


@rule("dependencies")
def dependencies(tree):
    """BUILD files below src/ depend only on what the table allows; only tests see their inside."""
    for path, text in tree.select("BUILD.bazel", under="src/"):
        folder = os.path.dirname(path)
        held = [(name, layer) for name, layer in policy.LAYERS.items()
                if name == folder or os.path.dirname(name) == folder]
        held = held or [layer_of(path)]
        if held[0][1] is None:
            yield Finding(path, 1, NO_LAYER)
            continue
        visible = re.search(r"default_visibility = \[([^\]]*)\]", text)
        for label in re.findall(r'"([^"]*)"', visible.group(1)) if visible else ["everybody"]:
            if not re.match(r"//visibility:private$|:__subpackages__$|//tests/", label):
                yield Finding(path, 1, f"visible to {label} unless a target says otherwise")
        plain = re.sub(r"#[^\n]*|\bload\([^)]*\)|visibility = \[[^\]]*\]", cpp._blank, text)
        for match in re.finditer(r'"(@?[\w]*//[^":]*)(?::([^"]*))?"', plain):
            package, target = match.group(1)[2:], match.group(2)
            label = f"{package}/{target or os.path.basename(package)}"
            if package == "tools/third_party":
                good = any(target in layer.libraries for _, layer in held)
            else:
                good = package == "visibility" or any(may_use(*each, label) for each in held)
            if not good:
                yield Finding(path, cpp.line_of(plain, match.start()),
                              f"{match.group(0)}: {folder} may not depend on it")


# ---- completeness ----

@rule("top-level")
def top_level(tree):
    for entry in sorted({path.split("/", 1)[0] for path in tree.files}):
        if entry not in policy.TOP_LEVEL and not entry.startswith("."):
            yield Finding(entry, 1, "not part of the fixed top level")


@rule("folders")
def folders(tree):
    """Every source folder has its BUILD.bazel; it and the other rooms have a README.md."""
    found = {os.path.dirname(path) for path, _ in tree.sources("src/")}
    explained = found | {os.path.dirname(path) for path in tree.files
                         if re.match(r"(?:tests/[^/]+|proto|bench|tools)/[^/]+$", path)}
    for folder in sorted(found):
        if f"{folder}/BUILD.bazel" not in tree:
            yield Finding(folder, 1, "no BUILD.bazel")
    for folder in sorted(explained):
        if not tree.text(f"{folder}/README.md").strip():
            yield Finding(folder, 1, "no README.md")
    for path, text in tree.select("README.md"):
        lines = text.count("\n")
        if lines > policy.README_LINES and path not in policy.LONG_READMES:
            yield Finding(path, lines, f"{lines} lines; a README is about a page, at most "
                          f"{policy.README_LINES}")


@rule("tested")
def tested(tree):
    """Every source below src/ is used by a file below tests/, or has an entry in the table.

    Used: its header is included, or a test bears its name. The parts of a class that spans sources
    (node_probing.cc) count with its header (node.h).
    """
    tests = dict(tree.sources("tests/"))
    included = {name for text in tests.values() for _, name in cpp.includes(text)}
    stems = {os.path.basename(path).removesuffix("_test.cc") for path in tests}
    for path, _ in tree.select(".cc", under="src/"):
        stem = path[:-len(".cc")]
        while f"{stem}.h" not in tree and "_" in os.path.basename(stem):
            stem = stem.rpartition("_")[0]
        test = policy.TESTED_BY.get(path, policy.TESTED_BY.get(f"{stem}.cc"))
        if test:
            if test not in tree:
                yield Finding(path, 1, f"its test {test} does not exist")
        elif f"{stem}.h" not in included and os.path.basename(path)[:-len(".cc")] not in stems:
            yield Finding(path, 1, "no test uses its header (else name its test in TESTED_BY)")
    for path in policy.TESTED_BY:
        if path not in tree and any(file.startswith("src/") for file in tree.files):
            yield Finding(path, 1, "TESTED_BY names a file that is gone")


@rule("assertions")
def assertions(tree):
    for path, text in tree.select("_test.cc", under="tests/"):
        if not re.search(r"\b(?:EXPECT_|ASSERT_|RC_ASSERT|RC_GTEST_PROP)", cpp.strip(text)):
            yield Finding(path, 1, "a test that asserts nothing")


@rule("scenarios")
def scenarios(tree):
    """Scenario files hold a story and an expectation, and the build hands them to the runner."""
    build = tree.text("tests/scenario/BUILD.bazel")
    globs = re.findall(r'glob\(\[\s*"([^"]*)"', build)
    patterns = [re.compile(re.escape(each).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") + "$")
                for each in globs]
    for path, text in tree.select(under="tests/scenario/testdata/"):
        name = path[len("tests/scenario/"):]
        if not text.strip():
            yield Finding(path, 1, "an empty scenario")
        elif not re.search(r"^----$\n(?=.*\S)", text, re.MULTILINE):
            yield Finding(path, 1, "a scenario that expects nothing (no output after '----')")
        if not (f'"{name}"' in build or any(pattern.match(name) for pattern in patterns)):
            yield Finding(path, 1, "tests/scenario/BUILD.bazel does not hand it to a test")


@rule("documented")
def documented(tree):
    """Every option that the agent defines stands in the manual."""
    manual = tree.text("README.md")
    for path, text in tree.sources("src/agent/"):
        for match in re.finditer(r'"(?:-\w,)?--([a-z][a-z0-9-]+)', text):
            if not re.search(r"--%s(?![\w-])" % re.escape(match.group(1)), manual):
                yield Finding(path, cpp.line_of(text, match.start()),
                              f"--{match.group(1)} is not in README.md")
