#pragma once

#include <algorithm>

namespace muster::baselines {

// Whose rule moves the score after a failed probe.
enum class HealthRule {
  kOff,
  kPaper,  // Lifeguard, section IV-A: failed +1, and +1 if a nack is missing; score 0 to 8
  kCode,   // memberlist, state.go probeNode: the number of missing nacks; score 0 to 7
};

// Lifeguard's Local Health Multiplier: 1 for a healthy member, up to 9 (8 in the code).
class LocalHealth {
 public:
  explicit LocalHealth(HealthRule rule) : rule_(rule) {}
  void ProbeSucceeded() { Add(-1); }
  void ProbeFailed(int nacks_expected, int nacks) {
    const int missing = std::max(0, nacks_expected - nacks);
    if (rule_ == HealthRule::kCode) {
      Add(nacks_expected > 0 ? missing : 1);
    } else {
      Add(missing > 0 ? 2 : 1);
    }
  }
  void RefutedSelf() { Add(1); }
  int multiplier() const { return score_ + 1; }

 private:
  void Add(int delta) {
    if (rule_ == HealthRule::kOff) return;
    score_ = std::clamp(score_ + delta, 0, rule_ == HealthRule::kCode ? 7 : 8);
  }
  HealthRule rule_;
  int score_ = 0;
};

}  // namespace muster::baselines
