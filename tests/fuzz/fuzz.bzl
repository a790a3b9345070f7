"""Fuzz targets: one source file, built twice."""

load("//tools/bazel:muster.bzl", "muster_cc_binary", "muster_cc_test")

def muster_fuzz_target(name, deps):
    """From NAME_fuzz.cc and corpus/NAME.

    NAME_replay_test runs the committed corpus under any compiler. NAME_fuzz is the libFuzzer
    program; it needs clang, so only who names it builds it (see README.md).
    """
    muster_cc_test(
        name = name + "_replay_test",
        # Thousands of runs, each of which sanitizers slow down.
        size = "medium",
        srcs = [
            name + "_fuzz.cc",
            "fuzz_target.h",
            "replay.cc",
        ],
        args = ["tests/fuzz/corpus/" + name],
        data = native.glob(["corpus/" + name + "/**"]),
        tags = ["fuzz"],
        deps = deps,
    )
    muster_cc_binary(
        name = name + "_fuzz",
        testonly = True,
        srcs = [
            name + "_fuzz.cc",
            "fuzz_target.h",
        ],
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "fuzz",
            "manual",
        ],
        deps = deps,
    )
