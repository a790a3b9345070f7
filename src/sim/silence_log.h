#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/time.h"

namespace muster::sim {

// Which groups of hosts can exchange packets: a square of flags, groups counted from 0. Without
// any, each reaches itself and no other.
struct SilencePaths {
  uint32_t groups = 0;
  std::vector<uint8_t> flags;
  bool Get(uint32_t a, uint32_t b) const {
    return flags.empty() ? a == b : flags[a * groups + b] != 0;
  }
};

// What the simulator knows and no member can: who was able to answer whom, and when. The time is
// cut into spans in which nothing changed; in each, every host is in a group of hosts that the
// network treats alike, whether or not it runs.
class SilenceLog {
 public:
  struct HostState {
    uint32_t group = 0;
    bool answers = false;   // false: down, paused or blocked
    bool impaired = false;  // loses so many packets that no promise covers it ("The promise")
    bool is_lossy = false;  // loses some packets: one question may stay without an answer
    bool is_deaf = false;   // blocked: its timers run on, and no promise covers what it says
  };

  // Spans that ended longer than `kept_for` ago are forgotten.
  explicit SilenceLog(Duration kept_for) : kept_for_(kept_for) {}

  // From `at` on the hosts are in these states. A second call for one instant replaces the first.
  void Record(TimePoint at, std::vector<HostState> hosts, SilencePaths paths = {});

  enum class Answer : uint8_t {
    kSilent,    // was not able to answer all the time
    kAnswered,  // was able to
    kImpaired,  // one of the two was impaired: nothing can be said
  };
  struct Interval {
    TimePoint from;
    TimePoint to;
  };
  // Whether `subject` was silent for `observer` from `from` to `to`. An observer that did not run
  // is judged by the place where it would have run: its absence is not the subject's silence. A
  // time of ability that was shorter than `unasked` as a whole does not count: nobody may have
  // asked in it. Where packets are lost, only its part since `from` is taken. In `mutes`, oldest
  // first, nothing that the subject sent came through: it was silent too.
  Answer Between(int observer, int subject, TimePoint from, TimePoint to, Duration unasked,
                 const std::vector<Interval>& mutes = {}) const;
  // Since when, without a break up to `at`, `subject` has been able to answer; `at` itself when it
  // was not able to just before.
  TimePoint AbleSince(int observer, int subject, TimePoint at) const;

  size_t spans() const { return spans_.size(); }

 private:
  struct Span {
    TimePoint from;
    std::vector<HostState> hosts;
    SilencePaths paths;
  };
  static bool IsAble(const Span& span, size_t observer, size_t subject);

  Duration kept_for_;
  std::vector<Span> spans_;  // oldest first; the last is still open
};

}  // namespace muster::sim
