#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/time.h"
#include "src/sim/process.h"

namespace muster::sim {

// Sorted samples of one figure.
class Samples {
 public:
  Samples() = default;
  explicit Samples(std::vector<double> values);
  size_t size() const { return values_.size(); }
  double Quantile(double share) const;  // NaN without samples
  double Max() const { return Quantile(1); }
  double Mean() const;
  double Sum() const;
  // Half of the 95 % confidence interval of the mean (normal approximation).
  double MeanError() const;

 private:
  std::vector<double> values_;
};

// Scores what members told their users, the same for every protocol. `faulty` members are those
// that the scenario hurts; what is said of them is right, or a matter of taste, never false.
class Scorer {
 public:
  Scorer(int members, std::vector<bool> faulty) : members_(members), faulty_(std::move(faulty)) {}
  void Add(const Sighting& sighting) { sightings_.push_back(sighting); }

  struct Detection {
    double first = 0;  // seconds until one other member says failed
    double full = 0;   // until the last healthy member does; negative: not all did
  };
  // Of one subject, counted from `from`; false if nobody saw it.
  bool DetectionOf(int subject, TimePoint from, Detection* detection) const {
    return SpreadOf(Sight::kFailed, subject, from, detection);
  }
  // The same of any news: joined, left ...
  bool SpreadOf(Sight sight, int subject, TimePoint from, Detection* detection) const;
  // Failed events about members that are not faulty, at any member; and at those not faulty.
  uint64_t FalsePositives() const;
  uint64_t FalsePositivesHealthy() const;
  // Events (failed, returned) about `subject` at healthy members after `from`, per healthy member.
  double EventsPerMember(int subject, TimePoint from) const;
  // How often `subject` returned after `from`, per healthy member: out and back in is one flap.
  double ReturnsPerMember(int subject, TimePoint from) const;
  // The last failed or returned event about any member at a healthy one; `from` if none.
  TimePoint LastEvent(TimePoint from) const;
  // The same about those that are faulty.
  TimePoint LastEventOfFaulty(TimePoint from) const;
  // Changes that members showed their users, but for members seen for the first time.
  uint64_t Changes() const;
  // Into how many bursts, more than `gap` apart, the failed events of `observer` fall.
  int Batches(int observer, TimePoint from, Duration gap) const;
  bool is_faulty(int member) const { return faulty_[static_cast<size_t>(member)]; }

 private:
  int Healthy() const;

  int members_;
  std::vector<bool> faulty_;
  std::vector<Sighting> sightings_;  // in time's order
};

}  // namespace muster::sim
