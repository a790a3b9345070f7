#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/base/time.h"
#include "src/core/options.h"

namespace muster::sim {

// What bounds are derived for.
struct Circumstances {
  core::Options options;
  int members = 100;
  Duration latency = Duration::Micros(250);  // median one way
  uint32_t loss_ppm = 0;
  size_t attribute_bytes = 24;  // of name and tags of one member
};

enum class Unit : uint8_t { kSeconds, kPerSecond, kBytesPerSecond, kBytes, kCount };

// One derived figure.
struct Bound {
  std::string key;    // in JSON: "detection_latest"
  std::string title;  // "a crash is known everywhere within"
  double value = 0;
  Unit unit = Unit::kSeconds;
  std::string why;  // the formula
};

// The figures that follow from the options. Times and counts are arithmetic; the bytes of an idle
// packet are measured in a small simulated cluster, so that they are those of this very program.
std::vector<Bound> BoundsOf(const Circumstances& circumstances);

// What of the options contradicts itself or the circumstances, each with its remedy.
std::vector<std::string> WarningsOf(const Circumstances& circumstances);

}  // namespace muster::sim
