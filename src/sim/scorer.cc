#include "src/sim/scorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace muster::sim {
namespace {

double Seconds(Duration span) { return static_cast<double>(span.micros()) / 1e6; }

// Out of the view, or back in.
bool IsInOrOut(const Sighting& s) {
  return s.sight == Sight::kFailed || s.sight == Sight::kReturned;
}

}  // namespace

Samples::Samples(std::vector<double> values) : values_(std::move(values)) {
  std::sort(values_.begin(), values_.end());
}

double Samples::Quantile(double share) const {
  if (values_.empty()) return std::nan("");
  const size_t index = static_cast<size_t>(share * static_cast<double>(values_.size()));
  return values_[std::min(index, values_.size() - 1)];
}

double Samples::Sum() const {
  double sum = 0;
  for (const double value : values_) sum += value;
  return sum;
}

double Samples::Mean() const {
  return values_.empty() ? std::nan("") : Sum() / static_cast<double>(values_.size());
}

double Samples::MeanError() const {
  if (values_.size() < 2) return 0;
  const double mean = Mean();
  double squares = 0;
  for (const double value : values_) squares += (value - mean) * (value - mean);
  const double n = static_cast<double>(values_.size());
  return 1.96 * std::sqrt(squares / (n - 1) / n);
}

bool Scorer::SpreadOf(Sight sight, int subject, TimePoint from, Detection* detection) const {
  std::vector<bool> seen(static_cast<size_t>(members_), false);
  int healthy = 0;
  for (int member = 0; member < members_; ++member) {
    if (!is_faulty(member) && member != subject) ++healthy;
  }
  TimePoint first = TimePoint::Never();
  TimePoint last = from;
  int count = 0;
  for (const Sighting& sighting : sightings_) {
    if (sighting.subject != subject || sighting.sight != sight) continue;
    if (sighting.at < from) continue;
    first = std::min(first, sighting.at);
    const size_t observer = static_cast<size_t>(sighting.observer);
    if (faulty_[observer] || seen[observer]) continue;
    seen[observer] = true;
    ++count;
    last = std::max(last, sighting.at);
  }
  if (first.is_never()) return false;
  detection->first = Seconds(first - from);
  detection->full = count == healthy ? Seconds(last - from) : -1;
  return true;
}

uint64_t Scorer::FalsePositives() const {
  return static_cast<uint64_t>(
      std::count_if(sightings_.begin(), sightings_.end(), [this](const Sighting& s) {
        return s.sight == Sight::kFailed && s.subject >= 0 && !is_faulty(s.subject);
      }));
}

uint64_t Scorer::FalsePositivesHealthy() const {
  return static_cast<uint64_t>(
      std::count_if(sightings_.begin(), sightings_.end(), [this](const Sighting& s) {
        return s.sight == Sight::kFailed && s.subject >= 0 && !is_faulty(s.subject) &&
               !is_faulty(s.observer);
      }));
}

int Scorer::Healthy() const {
  int healthy = 0;
  for (int member = 0; member < members_; ++member) healthy += is_faulty(member) ? 0 : 1;
  return std::max(1, healthy);
}

double Scorer::EventsPerMember(int subject, TimePoint from) const {
  const auto count = std::count_if(sightings_.begin(), sightings_.end(), [&](const Sighting& s) {
    return s.subject == subject && s.at >= from && !is_faulty(s.observer) && IsInOrOut(s);
  });
  return static_cast<double>(count) / Healthy();
}

double Scorer::ReturnsPerMember(int subject, TimePoint from) const {
  const auto count = std::count_if(sightings_.begin(), sightings_.end(), [&](const Sighting& s) {
    return s.subject == subject && s.at >= from && !is_faulty(s.observer) &&
           s.sight == Sight::kReturned;
  });
  return static_cast<double>(count) / Healthy();
}

uint64_t Scorer::Changes() const {
  return static_cast<uint64_t>(
      std::count_if(sightings_.begin(), sightings_.end(),
                    [](const Sighting& s) { return s.sight != Sight::kJoined; }));
}

TimePoint Scorer::LastEvent(TimePoint from) const {
  TimePoint last = from;
  for (const Sighting& s : sightings_) {
    if (IsInOrOut(s) && !is_faulty(s.observer)) last = std::max(last, s.at);
  }
  return last;
}

TimePoint Scorer::LastEventOfFaulty(TimePoint from) const {
  TimePoint last = from;
  for (const Sighting& s : sightings_) {
    const bool counts = s.subject >= 0 && is_faulty(s.subject) && !is_faulty(s.observer);
    if (counts && IsInOrOut(s)) last = std::max(last, s.at);
  }
  return last;
}

int Scorer::Batches(int observer, TimePoint from, Duration gap) const {
  int batches = 0;
  TimePoint last = TimePoint::FromMicros(0);
  for (const Sighting& s : sightings_) {
    if (s.observer != observer || s.sight != Sight::kFailed || s.at < from) continue;
    if (batches == 0 || s.at - last > gap) ++batches;
    last = s.at;
  }
  return batches;
}

}  // namespace muster::sim
