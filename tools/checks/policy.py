"""What the house rules allow: one place to read, and to change with a reason in the commit."""

import dataclasses
import re

LINE_COLUMNS = 100
FUNCTION_LINES = 70
FILE_LINES = 800          # any hand-written file
SOURCE_LINES = 400        # files below src/
README_LINES = 90         # about a page

# Files below src/ that may pass SOURCE_LINES, with the reason.
LONG_SOURCES = {}

# READMEs that may pass README_LINES, with the reason.
LONG_READMES = {
    "README.md": "the manual for users",
    "src/core/README.md": "host contract, state chart and glossary of the whole project",
    "bench/README.md": "holds the tables of results",
}

TOP_LEVEL = {"BUILD.bazel", "WORKSPACE", "proto", "src", "tests", "bench", "tools", "README.md",
             "LICENSE"}

# Sources whose header no test includes: the test that exercises them instead.
TESTED_BY = {
    "src/agent/agent.cc": "tests/e2e/join_test.cc",
    "src/agent/running_agent.cc": "tests/e2e/join_test.cc",
    "src/cli/agreement.cc": "tests/e2e/cli_test.cc",
    "src/cli/events.cc": "tests/e2e/cli_test.cc",
    "src/cli/explain.cc": "tests/unit/cli/sim_test.cc",
    "src/cli/force_leave.cc": "tests/e2e/cli_test.cc",
    "src/cli/leave.cc": "tests/e2e/cli_test.cc",
    "src/cli/main.cc": "tests/e2e/cli_test.cc",
    "src/cli/member.cc": "tests/e2e/cli_test.cc",
    "src/cli/members.cc": "tests/e2e/cli_test.cc",
    "src/cli/reachability.cc": "tests/e2e/cli_test.cc",
    "src/cli/run.cc": "tests/e2e/cli_test.cc",
    "src/cli/status.cc": "tests/e2e/cli_test.cc",
    "src/cli/wait.cc": "tests/e2e/cli_test.cc",
    "src/core/node.cc": "tests/scenario/scenario_test.cc",
    "src/runtime/driver_impl.cc": "tests/unit/runtime/driver_test.cc",
    "src/store/postgresql_dialer.cc": "tests/store/postgresql_fault_test.cc",
    "src/store/postgresql_rows.cc": "tests/store/postgresql_contract_test.cc",
    "src/store/redis_connection.cc": "tests/store/redis_fault_test.cc",
    "src/store/redis_dialer.cc": "tests/store/redis_fault_test.cc",
    "src/store/redis_rows.cc": "tests/store/redis_fault_test.cc",
}


@dataclasses.dataclass(frozen=True)
class Layer:
    """What a folder below src/ may include and depend on."""
    folders: tuple          # own folders besides itself
    libraries: frozenset    # names in //tools/third_party
    headers: re.Pattern     # <...> headers, and those of libraries given in quotes


_PURE_STD = """
    algorithm array bit bitset cctype cerrno charconv cinttypes climits cmath compare concepts
    cstdarg cstddef cstdint cstdio cstdlib cstring deque functional initializer_list iterator limits
    list map memory memory_resource new numeric optional ostream queue ranges set source_location
    span sstream stack string string_view tuple type_traits utility variant vector version
    """.split()
_EDGE_STD = _PURE_STD + """
    atomic chrono csignal ctime exception filesystem fstream future iomanip iostream istream mutex
    random regex stdexcept system_error thread typeinfo
    """.split()
_POSIX = "(?:%s)\\.h" % "|".join("""
    arpa/.* dirent dlfcn errno fcntl fnmatch grp ifaddrs limits linux/.* malloc net/.* netdb
    netinet/.* poll pthread pwd sched signal stdlib sys/.* termios time unistd
    """.split())

_ABSL_CORE = r"absl/(?:%s)\.h" % "|".join("""
    algorithm/.* base/attributes cleanup/cleanup container/btree_.* container/inlined_.*
    container/fixed_.* hash/hash meta/.* numeric/.* status/.* strings/.* types/span utility/utility
    """.split())
_ABSL_BASE = r"absl/(?!log/|flags/|random/|synchronization/).*"
_ABSL_EDGE = r"absl/(?!log/|flags/|random/).*"

_LIBRARY_HEADERS = {
    "protobuf_lite": r"google/protobuf/.*",
    "uv": r"uv\.h",
    "glog": r"glog/.*",
    "cli11": r"CLI/.*",
    "tomlplusplus": r"toml\+\+/.*",
    "json": r"nlohmann/.*",
    "microhttpd": r"microhttpd\.h",
    "curl": r"curl/.*",
    "sodium": r"sodium\.h",
    "xxhash": r"xxh.*\.h",
    "sqlite": r"sqlite3\.h",
    "hiredis": r"hiredis/.*",
    "pq": r"(?:postgresql/)?libpq-fe\.h",
    "prometheus": r"prometheus/.*",
}


def _layer(folders, libraries, std, *more):
    """A layer; `more` are patterns of headers, the folder's share of abseil among them."""
    libraries = frozenset(libraries.split())
    allowed = std + list(more) + [_LIBRARY_HEADERS[name] for name in sorted(libraries - {"absl"})]
    return Layer(tuple("src/" + name if name != "proto" else name for name in folders.split()),
                 libraries, re.compile("(?:%s)$" % "|".join(allowed)))


# The table of layers. The longest name that a path begins with is its layer: src/api/client is both
# src/api/client.h and a folder of that name.
LAYERS = {
    "src/base": _layer("", "absl xxhash", _PURE_STD, _ABSL_BASE, r"arpa/inet\.h"),
    "src/wire": _layer("base proto", "absl protobuf_lite xxhash", _PURE_STD, _ABSL_CORE),
    "src/core": _layer("base wire", "absl", _PURE_STD, _ABSL_CORE),
    "src/sim": _layer("base wire core", "absl", _PURE_STD, _ABSL_CORE),
    "src/store": _layer("base proto", "absl protobuf_lite uv sqlite hiredis pq xxhash", _EDGE_STD,
                        _ABSL_EDGE, _POSIX),
    "src/runtime": _layer("base wire core", "absl uv glog sodium", _EDGE_STD, _ABSL_EDGE, _POSIX),
    # wire: the core's views are made of its plain structs.
    "src/api": _layer("base wire core runtime store", "absl uv glog microhttpd json prometheus",
                      _EDGE_STD, _ABSL_EDGE, _POSIX),
    "src/api/client": _layer("base", "absl json curl", _EDGE_STD, _ABSL_EDGE, _POSIX),
    "src/agent": _layer("base wire core store runtime api",
                        "absl uv glog cli11 tomlplusplus json sodium", _EDGE_STD, _ABSL_EDGE,
                        _POSIX),
    "src/cli": _layer("base api/client sim agent", "absl cli11 json tomlplusplus", _EDGE_STD,
                      _ABSL_EDGE, _POSIX),
}

# Words that promise instead of doing. Written so that this file does not contain them.
PROMISES = re.compile(r"\b(?:T[O]DO|FIX[M]E|X[X]X|HA[C]K)\b|not (?:yet )?implement[e]d|G[T]EST_SKIP"
                      r"|DIS[A]BLED_|place[h]older")

@dataclasses.dataclass(frozen=True)
class Ban:
    """A pattern that code (comments and strings blanked) below some folders must not contain."""
    name: str
    pattern: str
    folders: tuple
    reason: str
    allowed: tuple = ()    # path prefixes where it may stand
    scripts: bool = False  # looks at scripts too, and at strings and comments


_PURE = ("src/base/", "src/wire/", "src/core/", "src/sim/")
_SRC = ("src/",)
_ALL = ("src/", "tests/", "bench/")
_CALL = r"(?<![\w.>:])(?:::|std::)?(?:%s)\s*\("

BANS = (
    Ban("clock", r"\bchrono\b|\babsl::(?:Now|GetCurrentTime\w+)\b|\b\w+_clock\b|"
        + _CALL % "time|clock|clock_gettime|gettimeofday|localtime|gmtime", _PURE,
        "time is a parameter here"),
    Ban("random", r"\brandom_device\b|\bBitGen\w*|\bmt19937\w*|\b\w+_distribution\b"
        r"|\brandombytes\w*|" + _CALL % "s?rand|rand_r|random|drand48|getrandom|getentropy", _PURE,
        "randomness is a parameter here"),
    Ban("hash-order", r"\bstd::unordered_\w+|\b(?:flat|node)_hash_(?:map|set)\b", _PURE,
        "iteration order would depend on hashes: use LookupMap, a vector or an ordered container",
        ("src/base/lookup_map.h", "src/base/position_index.h")),
    Ban("environment", r"\bgetenv\b|\bsetenv\b", _PURE, "nothing here depends on the environment"),
    Ban("event-loop", r"\buv_\w+", _PURE, "no input or output here"),
    Ban("stdio-streams", r"\bstd::(?:cout|cerr|clog|cin)\b", _PURE, "no input or output here"),
    Ban("log", r"\bgoogle::\w*Log\w*|\b[VDP]?LOG(?:_[A-Z_]+)?\s*\(", _PURE + ("src/store/",),
        "only runtime, api, agent and cli log"),
    Ban("threads", r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b", _SRC,
        "one loop thread owns everything; blocking work goes to libuv's pool", ("src/runtime/",)),
    Ban("locks", r"\bstd::(?:\w*mutex|\w+_lock|lock_guard|condition_variable\w*)\b"
        r"|\babsl::(?:Mutex|CondVar|Notification)\w*", _SRC,
        "nothing is shared between threads outside runtime", ("src/runtime/",)),
    Ban("monotonic-clock", r"\buv_hrtime\b|\bsteady_clock\b|\bCLOCK_MONOTONIC\w*", _SRC,
        "one file reads the monotonic clock for the agent",
        ("src/runtime/clock.", "src/cli/", "src/api/client/")),
    Ban("using-namespace", r"\busing\s+namespace\b", _ALL, "names keep their origin"),
    Ban("endl", r"\bstd::endl\b", _ALL, "it flushes; write a newline"),
    # CLI11 has no other way to refuse a value; it catches what it makes us throw.
    Ban("throw", r"\bthrow\b", _SRC, "errors are absl::Status; broken invariants abort",
        ("src/cli/command_line",)),
    Ban("assert", r"(?<!\w)assert\s*\(", _SRC,
        "invariants hold in every build: use the checks of base"),
    Ban("sleep", r"\b(?:sleep_for|sleep_until|uv_sleep|SleepFor)\b|" + _CALL % "u?sleep|nanosleep",
        _ALL, "wait for a condition with a deadline, or advance virtual time",
        ("tests/e2e/harness/clock.",)),
    Ban("kill-by-name", r"\b(?:p[k]ill|k[i]llall)\b", _ALL + ("tools/", ".ci/"),
        "processes are ended by their id", scripts=True),
)
