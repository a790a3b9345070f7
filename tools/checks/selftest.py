"""Proof that every house rule bites: small made-up trees, and how often one rule must hit each."""

import os
import subprocess
import tempfile

from checks import cpp
from checks import policy
from checks.results import count_cases
from checks.results import count_events
from checks.rules import RULES
from checks.tree import Tree

# Words that the rules refuse, put together so that this file passes them.
PROMISE = "TO" + "DO"
KILL = "pk" + "ill"
TAB = "\t"
BLANK = " "

TESTED_BY = {"src/cli/main.cc": "tests/e2e/agent_test.cc"}

BUILD = 'package(default_visibility = ["//visibility:private"])\n'


def body(lines):
    """A function of that many lines, signature and closing brace included."""
    return "int F(int x) {\n" + "  ++x;\n" * (lines - 2) + "}\n"


def library(deps):
    """A BUILD file with one library; what sees it is not what it depends on."""
    named = ", ".join(f'"{label}"' for label in deps)
    return BUILD + f"""muster_cc_library(
    name = "x",
    deps = [{named}],
    visibility = ["//:users_of_core", "//src/api:__subpackages__"],
)
"""


# (rule, findings expected, files)
FORM = [
    ("file-size", 0, {"src/core/a.cc": "\n" * 400, "tests/unit/a.cc": "\n" * 800}),
    ("file-size", 1, {"src/core/a.cc": "\n" * 401}),
    ("file-size", 3, {"tests/unit/a.cc": "\n" * 801, "tools/x": "#!/bin/sh\n" + "\n" * 801,
                      "bench/b.py": "\n" * 801}),
    ("function-size", 0, {"src/core/a.cc": body(70)}),
    ("function-size", 1, {"src/core/a.cc": body(71)}),
    ("function-size", 1, {"src/core/a.cc": "namespace a {\nclass B : public C {\n public:\n"
                          + body(71) + "};\n}  // namespace a\n"}),
    ("function-size", 1, {"tests/unit/a_test.cc": body(71).replace("int F(int x)", "TEST(A, B)")}),
    ("function-size", 1, {"src/core/a.cc": body(70).replace("int F(int x)",
                                                            "A::A(int x)\n    : b_(x), c_{x}")}),
    ("function-size", 1, {"tools/x.py": "def f():\n" + "    g()\n" * 70}),
    ("function-size", 1, {"tools/x": "#!/bin/bash\nf() {\n" + "  g\n" * 69 + "}\n"}),
    ("function-size", 0, {"src/core/a.cc": "constexpr int kTable[] = {\n" + "  1,\n" * 90
                          + "};\n"}),
    ("function-size", 0, {"src/core/a.h": "struct alignas(8) A {\n"
                          + "  int F() { return 1; }\n" * 90 + "};\n"}),
    ("line-length", 0, {"src/core/a.cc": "x" * 100 + "\n", "src/core/README.md": "x" * 300 + "\n"}),
    ("line-length", 1, {"src/core/a.cc": "x" * 101 + "\n"}),
    ("ascii", 0, {"src/core/a.cc": "// ->\n", "README.md": "\u00b5s\n"}),
    ("ascii", 2, {"src/core/a.cc": "// \u2192\n", "proto/a.proto": "// \u00b5s\n"}),
    ("whitespace", 0, {"src/core/a.cc": "int x;\n"}),
    ("whitespace", 3, {"src/core/a.cc": f"int x;{BLANK}\n{TAB}int y;\nint z;"}),
    ("pragma-once", 0, {"src/core/a.h": "// A.\n#pragma once\n"}),
    ("pragma-once", 1, {"src/core/a.h": "// #pragma once\n"}),
]

WORDS = [
    ("clock", 4, {"src/core/a.cc": "auto a = std::chrono::seconds(1);\nb = absl::Now();\n"
                  "c = time(nullptr);\nd = ::clock_gettime(CLOCK_REALTIME, &t);\n"}),
    ("clock", 0, {"src/core/a.cc": "// time(nullptr)\nx.time();\ne->time(3);\nF(\"absl::Now\");\n",
                  "src/runtime/clock.cc": "time(nullptr);\n"}),
    ("random", 5, {"src/sim/a.cc": "rand();\nstd::random_device d;\nabsl::BitGen g;\n"
                   "std::mt19937_64 m;\nstd::uniform_int_distribution<int> u;\n"}),
    ("random", 0, {"src/sim/a.cc": "rng.random(3);\nint operand(int x);\n"}),
    ("hash-order", 2, {"src/core/a.h": "std::unordered_map<int, int> a;\n"
                       "absl::flat_hash_set<int> b;\n"}),
    ("hash-order", 0, {"src/base/lookup_map.h": "absl::flat_hash_map<int, int> a;\n",
                       "src/api/a.h": "absl::flat_hash_map<int, int> a;\n"}),
    ("hash-order", 0, {"src/base/position_index.h": "absl::flat_hash_set<int> a;\n"}),
    ("environment", 1, {"src/wire/a.cc": "std::getenv(name);\n"}),
    ("event-loop", 1, {"src/core/a.cc": "uv_timer_t t;\n"}),
    ("event-loop", 0, {"src/runtime/a.cc": "uv_timer_t t;\n"}),
    ("stdio-streams", 1, {"src/sim/a.cc": "std::cout << 1;\n"}),
    ("log", 3, {"src/core/a.cc": "LOG(INFO) << 1;\nVLOG(2) << 1;\n",
                "src/store/a.cc": "LOG_EVERY_N(INFO, 3) << 1;\n"}),
    ("log", 0, {"src/runtime/a.cc": "LOG(INFO) << 1;\n", "src/core/a.cc": "CATALOG(1);\n"}),
    ("threads", 2, {"src/api/a.cc": "std::thread t;\nstd::async(f);\n"}),
    ("threads", 0, {"src/runtime/a.cc": "std::thread t;\n"}),
    ("locks", 3, {"src/agent/a.cc": "std::mutex m;\nstd::unique_lock l(m);\nabsl::Mutex n;\n"}),
    ("monotonic-clock", 2, {"src/runtime/loop.cc": "uv_hrtime();\n",
                            "src/agent/a.cc": "clock_gettime(CLOCK_MONOTONIC, &t);\n"}),
    ("monotonic-clock", 0, {"src/runtime/clock.cc": "uv_hrtime();\n"}),
    ("using-namespace", 2, {"src/cli/a.cc": "using namespace std;\n",
                            "tests/unit/a_test.cc": "using namespace testing;\n"}),
    ("endl", 1, {"bench/a.cc": "out << std::endl;\n"}),
    ("throw", 1, {"src/agent/a.cc": "throw 1;\n"}),
    ("assert", 1, {"src/core/a.cc": "assert(x);\n"}),
    ("assert", 0, {"src/core/a.cc": "static_assert(true);\nMUSTER_ASSERT(x);\n"}),
    ("sleep", 3, {"tests/e2e/a_test.cc": "std::this_thread::sleep_for(d);\nusleep(3);\n",
                  "src/runtime/a.cc": "sleep(1);\n"}),
    ("sleep", 0, {"tests/e2e/a_test.cc": "cluster.sleep(3);\n"}),
    ("kill-by-name", 2, {"tools/demo": f"#!/bin/sh\n{KILL} muster\n",
                         "tests/e2e/a.cc": f'system("{KILL} muster");\n'}),
    ("promises", 3, {"src/core/a.cc": f"// {PROMISE}: all\n",
                     "README.md": "It is not imple" "mented.\n",
                     "tests/unit/a_test.cc": "TEST(A, DISA" "BLED_B) {}\n"}),
    ("promises", 0, {"src/core/a.cc": "// It is implemented. xTO" "DOx\n"}),
]

LAYERS = [
    ("layers", 0, {"src/core/a.cc": '#include <vector>\n#include "absl/status/status.h"\n'
                   '#include "src/base/time.h"\n#include "src/wire/codec.h"\n'
                   '#include "src/core/b.h"\n'}),
    ("layers", 5, {"src/core/a.cc": '#include <chrono>\n#include <uv.h>\n'
                   '#include "src/runtime/a.h"\n#include "absl/log/log.h"\n'
                   '#include "proto/gossip.pb.h"\n'}),
    ("layers", 1, {"src/wire/a.h": '#include "proto/gossip.pb.h"\n'}),
    ("layers", 0, {"src/wire/a.cc": '#include "proto/gossip.pb.h"\n// #include <uv.h>\n'}),
    ("layers", 2, {"src/sim/a.cc": '#include "src/runtime/a.h"\n#include <glog/logging.h>\n'}),
    ("layers", 1, {"src/cli/a.cc": '#include "src/api/server.h"\n'
                   '#include "src/api/client.h"\n'}),
    ("layers", 1, {"src/api/client.cc": '#include <curl/curl.h>\n', "src/api/server.cc":
                   '#include <curl/curl.h>\n#include "src/core/node.h"\n'}),
    ("layers", 2, {"src/core/a.cc": '#include "b.h"\n', "src/novel/a.cc": "int x;\n"}),
    ("layers", 1, {"src/core/a.cc": '#include "tests/testing/fake.h"\n'}),
    ("dependencies", 0, {"src/core/BUILD.bazel": library(
        [":b", "//src/base", "//src/wire:wire", "//tools/third_party:absl"])}),
    ("dependencies", 4, {"src/core/BUILD.bazel": library(
        ["//src/runtime", "//tools/third_party:uv", "//proto:gossip_cc_proto", "@system//:glog"])}),
    ("dependencies", 1, {"src/sim/BUILD.bazel": library(["//src/runtime:runtime"])}),
    ("dependencies", 0, {"src/api/BUILD.bazel": library(["//tools/third_party:curl", "//src/core"]),
                         "src/cli/BUILD.bazel": library(["//src/api:client", "//src/agent"])}),
    ("dependencies", 2, {"src/cli/BUILD.bazel": library(["//src/api", "//src/api:server"])}),
    ("dependencies", 0, {"src/core/BUILD.bazel": BUILD.replace(
        '"//visibility:private"', '":__subpackages__", "//tests/unit/core:__pkg__"')}),
    ("dependencies", 1, {"src/core/BUILD.bazel": BUILD.replace("private", "public")}),
    ("dependencies", 1, {"src/core/BUILD.bazel": "cc_library(name = 'x')\n"}),
]

SCENARIO = 'muster_cc_test(\n    name = "s_test",\n    data = glob(["testdata/*.txt"]),\n)\n'

COMPLETENESS = [
    ("top-level", 0, {"src/a": "", "README.md": "", ".ci/run": ""}),
    ("top-level", 1, {"docs/a.md": ""}),
    ("folders", 0, {"src/core/a.cc": "", "src/core/BUILD.bazel": "x", "src/core/README.md": "x"}),
    ("folders", 2, {"src/core/a.cc": "", "src/core/README.md": " \n"}),
    ("folders", 2, {"tests/unit/a_test.cc": "", "bench/README.md": "x\n", "bench/a.cc": "",
                    "src/api/README.md": "x\n" * 91}),
    ("tested", 0, {"src/core/a.cc": "", "tests/unit/b_test.cc": '#include "src/core/a.h"\n'}),
    ("tested", 0, {"src/core/a.cc": "", "tests/unit/a_test.cc": ""}),
    ("tested", 1, {"src/core/a.cc": "", "tests/unit/b_test.cc": '#include "src/core/b.h"\n'}),
    ("tested", 0, {"src/core/a_b_c.cc": "", "src/core/a.h": "",
                   "tests/unit/x_test.cc": '#include "src/core/a.h"\n'}),
    ("tested", 1, {"src/core/a_b.cc": "", "src/core/a_b.h": "", "src/core/a.h": "",
                   "tests/unit/x_test.cc": '#include "src/core/a.h"\n'}),
    ("tested", 0, {"src/cli/main.cc": "", "tests/e2e/agent_test.cc": ""}, TESTED_BY),
    ("tested", 1, {"src/cli/main.cc": ""}, TESTED_BY),
    ("tested", 2, {"src/core/a.cc": ""}, TESTED_BY),
    ("assertions", 0, {"tests/unit/a_test.cc": "EXPECT_EQ(1, F());\n"}),
    ("assertions", 1, {"tests/unit/a_test.cc": "F();  // EXPECT_EQ\n"}),
    ("scenarios", 0, {"tests/scenario/BUILD.bazel": SCENARIO,
                      "tests/scenario/testdata/a.txt": "join 2\n----\nn2 alive\n"}),
    ("scenarios", 3, {"tests/scenario/BUILD.bazel": SCENARIO,
                      "tests/scenario/testdata/a.txt": " \n",
                      "tests/scenario/testdata/b.txt": "join 2\n----\n",
                      "tests/scenario/testdata/c.story": "join 2\n----\nn2 alive\n"}),
    ("documented", 0, {"src/agent/options.cc": 'Add("--join", &join);\nAdd("-c,--config", &c);\n',
                       "README.md": "`--join HOST`, `--config`\n"}),
    ("documented", 2, {"src/agent/options.cc": 'Add("--join", &join);\nAdd("-c,--config", &c);\n',
                       "README.md": "`--join-timeout`\n"}),
]

GOOD_CASE = '<testcase name="A" status="run" result="completed" classname="S"/>'
BAD_CASE = '<testcase name="B" status="run" classname="S"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="C" status="run" result="skipped" classname="S"><skipped/></testcase>'

# (what happened, status, cases in test.xml, passed and failed cases)
RESULTS = [
    ("all pass", "PASSED", GOOD_CASE * 3, (3, 0)),
    ("some fail", "FAILED", GOOD_CASE * 2 + BAD_CASE, (2, 1)),
    ("a leak after the last case", "FAILED", GOOD_CASE, (1, 1)),
    ("a crash without a report", "FAILED", None, (0, 1)),
    ("a report cut short", "TIMEOUT", GOOD_CASE + "<testcase", (0, 1)),
    ("no case at all", "PASSED", "", (0, 1)),
    ("a skipped case", "PASSED", GOOD_CASE + SKIPPED, (1, 1)),
]

# (what happened, exit code, events, failures)
EVENTS = [
    ("a build", 0, ['{"id":{"targetCompleted":{"label":"//a"}},"completed":{"success":true}}'], 0),
    ("a broken build", 1, ['{"id":{"targetCompleted":{"label":"//a"}},"completed":{}}'], 1),
    ("a broken package", 1,
     ['{"id":{"pattern":{"pattern":["//a"]}},"aborted":{"reason":"LOADING_FAILURE"}}'], 1),
    ("no word from bazel", 37, [], 1),
    ("a test without output", 3, ['{"id":{"testResult":{"label":"//a"}},"testResult":{}}'], 1),
]


def counting():
    """Whether results are counted as they should be."""
    for what, status, cases, expected in RESULTS:
        xml = None if cases is None else f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
        count = count_cases("//a", status, xml)
        yield ("counting", expected, (count.passed, count.failed), what)
    for what, code, events, expected in EVENTS:
        yield ("counting", expected, count_events(events, code).failed, what)


def hits(rule, files, tested_by=None):
    """How often the rule hits a tree of those files, with that table of TESTED_BY."""
    policy.TESTED_BY = tested_by or {}
    return len(list(RULES[rule](Tree(files))))


def formatting():
    """clang-format refuses a badly laid out file and accepts a good one."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = ["clang-format", f"--style=file:{top}/.clang-format", "--dry-run", "-Werror"]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for text, good in (("int  x ;\n", False), ("int x;\n", True)):
            path = os.path.join(folder, "a.cc")
            with open(path, "w") as opened:
                opened.write(text)
            code = subprocess.run([*command, path], stderr=subprocess.DEVNULL).returncode
            results.append(("clang-format", good, code == 0, text))
    return results


def run():
    """Returns how many cases came out as expected, and how many did not."""
    cases = FORM + WORDS + LAYERS + COMPLETENESS
    results = [(rule, count, hits(rule, files, *more), files)
               for rule, count, files, *more in cases]
    results += [*formatting(), *counting()]
    text = body(3) + "struct A {\n" + body(5) + "};\n"
    sizes = [size for _, size, _ in cpp.functions(text)]
    results.append(("reading functions", [3, 5], sizes, text))
    toothless = set(RULES) - {rule for rule, count, *_ in cases if count}
    results.append(("rules without a case that bites", set(), toothless, "the cases above"))
    failed = 0
    for rule, expected, found, where in results:
        if expected != found:
            failed += 1
            print(f"self-test of {rule}: expected {expected}, found {found} in {where}")
    return len(results) - failed, failed
