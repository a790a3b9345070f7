"""What turns on the mistakes of src/core/seeded_bug.h: --define muster_bugs=on."""

def seeded_bug_defines():
    return select({
        ":with_seeded_bugs": ["MUSTER_SEEDED_BUGS"],
        "//conditions:default": [],
    })
