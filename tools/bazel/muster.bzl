"""The C++ rules of this project: the native ones plus our warnings, all of them errors.

The warnings are given to the rules and not in .bazelrc, so that code of others (generated protobuf
classes among it) is compiled without them.
"""

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wimplicit-fallthrough",
    "-Werror",
]

# In the templates of abseil's containers and StatusOr GCC 12 sees uninitialised values that are not
# there; the checked build of clang finds the real ones.
_GCC_FALSE_ALARMS = ["-Wno-maybe-uninitialized"]

def _copts(copts):
    return _WARNINGS + _GCC_FALSE_ALARMS + copts

def muster_cc_library(name, copts = [], **kwargs):
    """A library: one header with its source, or a few that belong together."""
    native.cc_library(name = name, copts = _copts(copts), **kwargs)

def muster_cc_binary(name, copts = [], **kwargs):
    """A program."""
    native.cc_binary(name = name, copts = _copts(copts), **kwargs)

def muster_cc_test(name, copts = [], size = "small", **kwargs):
    """A GoogleTest program; small (60 s) unless it says otherwise."""
    native.cc_test(name = name, copts = _copts(copts), size = size, **kwargs)
