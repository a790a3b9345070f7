#pragma once

#include <cstdint>
#include <vector>

#include "bench/baselines/memberlist.h"
#include "bench/baselines/world.h"

namespace muster::baselines {

// The experiments of the Lifeguard paper (section V), verbatim: 128 members, 15 s of rest, C random
// members with an anomaly of D, once (Threshold) or in turn with I of normal work (Interval).
inline constexpr int kLifeguardMembers = 128;
inline constexpr int kLifeguardC[] = {1, 4, 8, 12, 16, 20, 24, 28, 32};
inline constexpr int kLifeguardD[] = {128, 512, 2048, 8192, 16384, 32768};    // ms
inline constexpr int kLifeguardI[] = {1, 4, 16, 64, 256, 1024, 4096, 16384};  // ms

struct LifeguardCell {
  int anomalous = 0;
  Duration anomaly;
  Duration normal;  // between anomalies; zero: a single anomaly
  uint64_t seed = 0;
};

// What one run yields. A false positive is a failed event about a member that is not anomalous, at
// any member; "healthy" counts those at members that are not anomalous themselves.
struct LifeguardRun {
  uint64_t false_positives = 0;
  uint64_t false_positives_healthy = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;                      // of datagrams, payload
  uint64_t stream_bytes = 0;               // of push/pulls and pings over TCP, payload
  std::vector<double> first_detection;     // seconds from the anomaly's start, one a member seen
  std::vector<double> full_dissemination;  // until the last healthy member
  LifeguardRun& operator+=(const LifeguardRun& other);
};

// All 54 cells (Threshold), or 432 (Interval), `repeats` times each with different seeds; `counts`
// restricts C, if not empty.
std::vector<LifeguardCell> ThresholdCells(int repeats, const std::vector<int>& counts);
std::vector<LifeguardCell> IntervalCells(int repeats, const std::vector<int>& counts);

LifeguardRun RunThreshold(const MemberlistOptions& options, const LifeguardCell& cell);
LifeguardRun RunInterval(const MemberlistOptions& options, const LifeguardCell& cell);

}  // namespace muster::baselines
