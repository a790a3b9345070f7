#pragma once

#include <cstdint>

#include "src/base/time.h"

namespace muster::core {

// Local health: how far this member must doubt itself, 0 (well) to 8. Lifeguard's local health
// multiplier (Dadgar et al. 2018, section IV.A, S = 8) with inputs of our own.
class Awareness {
 public:
  static constexpr int kMax = 8;

  int score() const { return score_; }
  // Each returns whether the score changed.
  bool ProbeOk() { return Add(-1); }
  // A probe failed though relays or a stream proved that our own paths work: +1. Where the relays
  // failed too it says nothing about us.
  bool ProbeFailedAlone() { return Add(+1); }
  // Relays that sent neither ack nor nack; counts at most 2.
  bool MissingNacks(int count) { return Add(count > 2 ? 2 : count); }
  bool RefutedSelf() { return Add(+1); }
  bool LoopLag() { return Add(+1); }
  bool VoidProbe() { return Add(+1); }

  // Ack timeouts grow with the full multiplier, timeout * (1 + score) (Lifeguard IV.A).
  Duration ScaleTimeout(Duration timeout) const { return timeout * (1 + score_); }
  // Probe periods grow more gently, period * (1 + score/8): the members we observe keep being
  // probed at half the pace at least.
  Duration ScalePeriod(Duration period) const { return period + period * score_ / kMax; }

 private:
  bool Add(int delta);
  int score_ = 0;
};

}  // namespace muster::core
