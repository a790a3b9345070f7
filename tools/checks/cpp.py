"""Just enough reading of C++ for the house rules: what is code, what a function is."""

import re

_TOKENS = re.compile(
    r"""R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"   # raw string
      | //(?:\\\n|[^\n])*                                # line comment
      | /\*.*?\*/                                        # block comment
      | "(?:\\.|[^"\\\n])*"                             # string
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'             # character, not a digit separator
    """, re.DOTALL | re.VERBOSE)
_NOT_NEWLINE = re.compile(r"[^\n]")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)
_SCOPE = re.compile(r"[{};]")
_TYPE = re.compile(r"\b(?:class|struct|union|enum)\b")
_INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")


def _blank(match):
    return _NOT_NEWLINE.sub(" ", match.group(0))


def strip(text):
    """The text with comments, strings and characters blanked; every line keeps its place."""
    return _TOKENS.sub(_blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(text):
    """(line, name) of each include."""
    without_comments = re.sub(r"/\*.*?\*/", _blank, text, flags=re.DOTALL)
    for match in _INCLUDE.finditer(without_comments):
        yield line_of(text, match.start()), match.group(1)


def _outside_parentheses(header):
    """The header without anything in round or square brackets or template arguments."""
    depth, kept = 0, []
    for character in header:
        if character in "([":
            depth += 1
        if depth == 0:
            kept.append(character)
        if character in ")]":
            depth = max(0, depth - 1)
    return "".join(kept)


def _kind(header, scopes):
    """What a brace opens, from the text before it: function, member (initialiser), scope, other."""
    if "function" in scopes or "other" in scopes:
        return "other"
    if re.search(r"\bnamespace\b", header) or re.search(r"\bextern\s*$", header.rstrip(' "')):
        return "scope"
    bare = _outside_parentheses(header)
    if "(" not in header:
        return "scope" if _TYPE.search(bare) else "other"
    if _TYPE.search(bare) and not re.search(r"\)\s*(?:const|noexcept|override|final|->|$)", header):
        return "scope"
    if re.search(r"(?<!operator)(?<![=!<>])=(?!=)", bare.replace("operator=", "operator")):
        return "other"
    if _INITIALISERS.search(header) and re.search(r"[\w>]\s*$", header):
        return "member"
    return "function"


def functions(text):
    """(first line, number of lines, name) of each function with a body, signature included."""
    code = _DIRECTIVE.sub(_blank, strip(text))
    scopes, starts = [], []
    header_start = 0
    for match in _SCOPE.finditer(code):
        character, position = match.group(0), match.start()
        if character == ";":
            if not (scopes and scopes[-1] == "member"):
                header_start = position + 1
            continue
        if character == "{":
            kind = _kind(code[header_start:position], scopes)
            scopes.append(kind)
            starts.append(header_start)
            if kind != "member":
                header_start = position + 1
            continue
        if not scopes:
            continue
        kind, start = scopes.pop(), starts.pop()
        if kind == "member":
            continue
        if kind == "function":
            header = code[start:position]
            start += len(header) - len(header.lstrip())
            name = re.search(r"([~\w:]+)\s*\(", code[start:position])
            first, last = line_of(code, start), line_of(code, position)
            yield first, last - first + 1, name.group(1) if name else "function"
        header_start = position + 1
