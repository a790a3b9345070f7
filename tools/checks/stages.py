"""The stages of tools/test; see there for what a caller may ask for."""

import os
import re
import subprocess
import sys
import tempfile
import time

from checks.results import Count
from checks.results import count_events

# Lines instead of a moving display, few of them, and only what failed.
BAZEL_OUTPUT = ["--curses=no", "--show_progress_rate_limit=30", "--noshow_loading_progress",
                "--test_summary=none", "--keep_going"]

END_TO_END = ["//tests/e2e/..."]
ALL_OTHERS = ["//...", "-//tests/e2e/..."]

# What the checked build compiles. Benchmarks and end-to-end tests measure the program as it ships.
CHECKED = ["//src/...", "//proto/...", "//tests/...", "-//tests/e2e/..."]

# Sanitizers cost a factor of three or so; seconds for small, medium, large and enormous tests.
CHECKED_TIMEOUTS = "--test_timeout=180,600,1800,3600"


class Suite:
    """Runs stages one after the other and adds up what they found."""

    def __init__(self, top, patterns):
        self.top = top
        self.patterns = patterns
        self.total = Count()
        self.lines = []

    def stage(self, title, function):
        print(f"== {title}", flush=True)
        start = time.monotonic()
        count = function()
        line = (f"{title}: {count.passed} passed, {count.failed} failed"
                f" in {time.monotonic() - start:.0f} s")
        print(f"== {line}", flush=True)
        self.lines.append(line)
        self.total.add(count)

    def bazel(self, command, *arguments):
        """One invocation of Bazel, counted."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as events:
            code = subprocess.run(
                ["bazel", command, *BAZEL_OUTPUT, f"--build_event_json_file={events.name}",
                 *arguments],
                cwd=self.top, stdin=subprocess.DEVNULL).returncode
            count = count_events(events.read().splitlines(), code)
        if command == "test" and code == 4:
            count.failures = ["no test in " + arguments[-1]]
        return count

    def targets(self, default):
        return ["--", *(self.patterns or default)]

    def script(self, *command):
        """A script of ours that closes on '... N passed, M failed'."""
        run = subprocess.run([os.path.join(self.top, command[0]), *command[1:]],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(run.stdout, end="", flush=True)
        found = re.search(r"(\d+) passed, (\d+) failed\n\Z", run.stdout)
        count = Count(int(found.group(1)) if found else 0)
        failed = int(found.group(2)) if found else 1
        if run.returncode != 0 or failed:
            count.failures = [f"{' '.join(command)} {n + 1}" for n in range(max(failed, 1))]
        return count

    def tidy(self):
        self.stage("house rules, their own test", lambda: self.script("tools/tidy", "--selftest"))
        self.stage("house rules", lambda: self.script("tools/tidy"))

    def unit(self):
        if not self.patterns:
            self.stage("build (gcc)", lambda: self.bazel("build", "//..."))
        self.stage("tests (gcc)", lambda: self.bazel(
            "test", *self.targets(ALL_OTHERS)))

    def e2e(self):
        # One at a time: each starts many agents and measures how fast they react.
        self.stage("end-to-end tests (gcc)", lambda: self.bazel(
            "test", "--local_test_jobs=1", *self.targets(END_TO_END)))

    def checked(self):
        self.stage("layers and tests (clang, sanitizers)", lambda: self.bazel(
            "test", "--config=clang", CHECKED_TIMEOUTS, *self.targets(CHECKED)))


STAGES = ("tidy", "unit", "e2e", "checked")


def main(arguments):
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    stages = [each for each in arguments if not each.lstrip("-").startswith("//")]
    unknown = [each for each in stages if each not in STAGES]
    if unknown:
        print(f"tools/test: unknown stage '{unknown[0]}'; the stages are {' '.join(STAGES)},"
              " a target pattern begins with //", file=sys.stderr)
        return 2
    suite = Suite(top, [each for each in arguments if each not in stages])
    for stage in stages or STAGES:
        getattr(suite, stage)()
    if suite.total.failures:
        print("\nfailed:")
        print("\n".join(f"  {each}" for each in suite.total.failures))
    print("\n" + "\n".join(suite.lines))
    print(f"{suite.total.passed} passed, {suite.total.failed} failed", flush=True)
    return 1 if suite.total.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
