#pragma once

#include <cstddef>
#include <cstdint>

// What a fuzz target defines: libFuzzer calls it with bytes of its own making, replay.cc with those
// of the corpus. A finding ends the process (MUSTER_CHECK, or a sanitizer).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
