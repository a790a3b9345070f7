#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "src/base/ids.h"
#include "src/core/effects.h"
#include "src/wire/message.h"

namespace muster::core {

// Joiners at the door whose name, address or id another party seems to hold ("Joining and the
// door" in README.md). Each waits while the holder is probed; what answered there decides.
class Door {
 public:
  static constexpr size_t kMax = 128;

  struct Visitor {
    StreamId stream = 0;
    wire::Update joiner;  // its full alive update
    HostId holder;
    wire::JoinVerdict refusal = wire::JoinVerdict::kNameTaken;  // if the holder answers
  };
  // What the probe of the holder's address showed.
  struct Answer {
    bool answered = false;
    HostId id;          // who answered
    uint64_t boot = 0;  // 0 where the path does not tell
  };
  enum class Decision : uint8_t { kRefuse, kReplace };

  bool full() const { return visitors_.size() >= kMax; }
  void Add(Visitor visitor) { visitors_.push_back(std::move(visitor)); }
  // Takes the visitor that waits on this stream; false when there is none (it went away).
  bool Take(StreamId stream, Visitor* visitor);
  void Gone(StreamId stream);
  bool IsWaiting(StreamId stream) const;
  // The joiner on that stream has the very id of the holder: only a boot tells them apart.
  bool IsAboutClone(StreamId stream) const;
  size_t size() const { return visitors_.size(); }

  // Pure: refuse when the holder itself answers as another run than the joiner; replace it when the
  // joiner, a stranger or nobody does.
  static Decision Decide(const Visitor& visitor, const Answer& answer);

 private:
  std::vector<Visitor> visitors_;
};

}  // namespace muster::core
