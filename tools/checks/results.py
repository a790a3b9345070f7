"""Counts test cases, not test programs, from what Bazel writes down about an invocation."""

import dataclasses
import json
import os
import urllib.parse
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Count:
    passed: int = 0
    failures: list = dataclasses.field(default_factory=list)    # one name each

    @property
    def failed(self):
        return len(self.failures)

    def add(self, other):
        self.passed += other.passed
        self.failures += other.failures


def count_cases(label, status, xml):
    """One run of a test program: its status as Bazel saw it, and the text of its test.xml, or None.

    A program that crashed, timed out or leaked has failed at least once, whatever its cases said;
    one that passed without running a case proves nothing and has failed; a skipped case did not
    pass.
    """
    count = Count()
    try:
        cases = list(ElementTree.fromstring(xml).iter("testcase")) if xml else []
    except ElementTree.ParseError:
        cases = []
    for case in cases:
        name = f"{label} {case.get('classname', '')}.{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            count.failures.append(name)
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            count.failures.append(f"{name} (skipped)")
        elif case.get("status") != "notrun":
            count.passed += 1
    if status != "PASSED" and not count.failures:
        count.failures.append(f"{label} ({status.lower().replace('_', ' ')})")
    elif status == "PASSED" and not count.passed:
        count.failures.append(f"{label} (ran no test)")
    return count


def _read(outputs, name):
    for output in outputs:
        if output.get("name") == name and output.get("uri", "").startswith("file://"):
            path = urllib.parse.unquote(output["uri"][len("file://"):])
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as opened:
                    return opened.read()
    return None


def count_events(lines, exit_code):
    """A whole invocation: the lines of Bazel's JSON event file and its exit code."""
    count, last = Count(), {}
    for line in lines:
        event = json.loads(line)
        identity = event.get("id", {})
        if "testResult" in identity:
            # Of several attempts at one shard only the last one counts.
            at = identity["testResult"]
            last[at["label"], at.get("shard", 0), at.get("run", 0)] = event.get("testResult", {})
        elif "targetCompleted" in identity:
            if not event.get("completed", {}).get("success"):
                count.failures.append(f"{identity['targetCompleted']['label']} (does not build)")
        elif "aborted" in event:
            reason = event["aborted"].get("reason", "aborted").lower().replace("_", " ")
            named = next(iter(identity.values()), {})
            what = named.get("label", named.get("pattern", "bazel"))
            if reason != "skipped":
                count.failures.append(f"{what} ({reason})")
    for (label, _, _), result in last.items():
        xml = _read(result.get("testActionOutput", []), "test.xml")
        count.add(count_cases(label, result.get("status", "NO_STATUS"), xml))
    if exit_code != 0 and not count.failures:
        count.failures.append(f"bazel (exit code {exit_code})")
    return count
