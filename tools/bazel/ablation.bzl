"""What lets parts of the detector be turned off (src/core/ablation.h): muster_ablation=on."""

def ablation_defines():
    return select({
        ":with_ablation": ["MUSTER_ABLATION"],
        "//conditions:default": [],
    })
