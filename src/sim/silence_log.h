#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/time.h"

namespace muster::sim {

// Which groups answer each other: a square of flags, groups counted from 1. Without any, each
// answers itself and no other.
struct SilenceAnswers {
  uint32_t groups = 0;
  std::vector<uint8_t> flags;
  bool Get(uint32_t a, uint32_t b) const {
    return flags.empty() ? a == b : flags[(a - 1) * groups + b - 1] != 0;
  }
};

// What the simulator knows and no member can: who was able to answer whom, and when. The time is
// cut into spans in which nothing changed; in each, every host is in a group of hosts that are
// alike to all others. A host that is down or paused is in none.
class SilenceLog {
 public:
  static constexpr uint32_t kNoGroup = 0;  // down or paused
  struct HostState {
    uint32_t group = kNoGroup;
    bool impaired = false;  // loses so many packets that no promise covers it (protocol.md 4.9)
  };

  // Spans that ended longer than `kept_for` ago are forgotten.
  explicit SilenceLog(Duration kept_for) : kept_for_(kept_for) {}

  // From `at` on the hosts are in these states. A second call for one instant replaces the first.
  void Record(TimePoint at, std::vector<HostState> hosts, SilenceAnswers answers = {});

  enum class Answer : uint8_t {
    kSilent,    // answered nobody healthy all the time
    kAnswered,  // was able to answer somebody
    kImpaired,  // one of the two was impaired: nothing can be said
  };
  // Whether `subject` was silent for `observer` from `from` to `to`. While the observer itself was
  // in no group, the subject counts as silent only if it was in none either, or answered nobody.
  Answer Between(int observer, int subject, TimePoint from, TimePoint to) const;
  // Since when, without a break up to `at`, `subject` has been able to answer; `at` itself when it
  // was not able to just before.
  TimePoint AbleSince(int observer, int subject, TimePoint at) const;

  size_t spans() const { return spans_.size(); }

 private:
  struct Span {
    TimePoint from;
    std::vector<HostState> hosts;
    SilenceAnswers answers;
  };
  static bool AnswersAnybody(const Span& span, size_t host);
  static bool IsAble(const Span& span, size_t observer, size_t subject);

  Duration kept_for_;
  std::vector<Span> spans_;  // oldest first; the last is still open
};

}  // namespace muster::sim
