#include "src/core/flights.h"

#include <algorithm>
#include <utility>

namespace muster::core {
namespace {

// How long after its decision a probe's late answer is still recognised.
constexpr Duration kLateAnswers = Duration::Seconds(2);

}  // namespace

int Flight::nacks() const {
  int count = 0;
  for (int i = 0; i < first_relays; ++i) count += relays[static_cast<size_t>(i)].nacked ? 1 : 0;
  return count;
}

bool Flight::IsRepeat(uint32_t of) const {
  const auto end = repeats.begin() + repeat_count;
  return std::find(repeats.begin(), end, of) != end;
}

Flight* Flights::Add(Flight flight) {
  if (flights_.size() >= kMax) {
    // Late answers are given up before new questions.
    std::erase_if(flights_, [](const Flight& f) { return f.done; });
  }
  if (flights_.size() >= kMax) return nullptr;
  flights_.push_back(std::move(flight));
  return &flights_.back();
}

Flight* Flights::FindBySequence(uint32_t sequence, int* relay) {
  for (Flight& flight : flights_) {
    *relay = -1;
    if (flight.sequence == sequence || flight.IsRepeat(sequence)) return &flight;
    for (int i = 0; i < flight.relay_count; ++i) {
      if (flight.relays[static_cast<size_t>(i)].sequence != sequence) continue;
      *relay = i;
      return &flight;
    }
  }
  return nullptr;
}

Flight* Flights::FindByStream(StreamId stream) {
  for (Flight& flight : flights_) {
    if (flight.stream == stream) return &flight;
  }
  return nullptr;
}

Flight* Flights::FindOpen(const HostId& target, ProbeKind kind) {
  for (Flight& flight : flights_) {
    if (!flight.done && flight.kind == kind && flight.target == target) return &flight;
  }
  return nullptr;
}

void Flights::HeardFrom(const HostId& target, TimePoint now) {
  for (Flight& flight : flights_) {
    if (flight.target == target) flight.heard_at = now;
  }
}

Flight* Flights::Due(TimePoint now) {
  Flight* due = nullptr;
  for (Flight& flight : flights_) {
    if (flight.done || flight.deadline > now) continue;
    if (due == nullptr || flight.deadline < due->deadline) due = &flight;
  }
  return due;
}

TimePoint Flights::next() const {
  TimePoint next = TimePoint::Never();
  for (const Flight& flight : flights_) {
    if (!flight.done) next = std::min(next, flight.deadline);
  }
  return next;
}

void Flights::Sweep(TimePoint now) {
  std::erase_if(flights_, [now](const Flight& flight) {
    return flight.done && now - flight.sent > kLateAnswers;
  });
}

std::vector<StreamId> Flights::VoidAll() {
  std::vector<StreamId> streams;
  std::erase_if(flights_, [&streams](const Flight& flight) {
    // Commands and joiners wait for an outcome; their probes fly on.
    if (flight.kind == ProbeKind::kUser || flight.kind == ProbeKind::kDoor) return false;
    if (!flight.done && flight.stream != 0) streams.push_back(flight.stream);
    return true;
  });
  return streams;
}

}  // namespace muster::core
