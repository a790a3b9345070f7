#include "src/sim/silence_log.h"

#include <algorithm>
#include <utility>

namespace muster::sim {
namespace {

// The longest stretch from `from` to `to` that is in none of the intervals.
Duration LongestOutside(const std::vector<SilenceLog::Interval>& intervals, TimePoint from,
                        TimePoint to) {
  Duration longest;
  for (const SilenceLog::Interval& interval : intervals) {
    if (interval.to <= from) continue;
    if (interval.from >= to) break;
    longest = std::max(longest, interval.from - from);
    from = interval.to;
  }
  return std::max(longest, to - from);
}

}  // namespace

void SilenceLog::Record(TimePoint at, std::vector<HostState> hosts, SilencePaths paths) {
  if (!spans_.empty() && spans_.back().from == at) spans_.pop_back();
  spans_.push_back({at, std::move(hosts), std::move(paths)});
  size_t old = 0;
  while (old + 1 < spans_.size() && spans_[old + 1].from + kept_for_ < at) ++old;
  spans_.erase(spans_.begin(), spans_.begin() + static_cast<ptrdiff_t>(old));
}

bool SilenceLog::IsAble(const Span& span, size_t observer, size_t subject) {
  if (observer >= span.hosts.size() || subject >= span.hosts.size()) return false;
  const HostState& there = span.hosts[subject];
  return there.answers && span.paths.Get(span.hosts[observer].group, there.group);
}

SilenceLog::Answer SilenceLog::Between(int observer, int subject, TimePoint from, TimePoint to,
                                       Duration unasked, const std::vector<Interval>& mutes) const {
  const size_t o = static_cast<size_t>(observer);
  const size_t s = static_cast<size_t>(subject);
  Answer answer = Answer::kSilent;
  TimePoint able_from = TimePoint::Never();  // start of the time of ability that goes on
  for (size_t i = 0; i < spans_.size() && spans_[i].from < to; ++i) {
    const Span& span = spans_[i];
    const TimePoint ends = i + 1 < spans_.size() ? spans_[i + 1].from : to;
    if (!IsAble(span, o, s)) {
      able_from = TimePoint::Never();
    } else if (able_from.is_never()) {
      able_from = span.from;
    }
    if (ends <= from) continue;
    bool is_lossy = false;
    for (const size_t host : {o, s}) {
      if (host >= span.hosts.size()) continue;
      if (span.hosts[host].impaired) return Answer::kImpaired;
      is_lossy |= span.hosts[host].is_lossy;
    }
    if (o < span.hosts.size() && span.hosts[o].is_deaf) return Answer::kImpaired;
    if (able_from.is_never()) continue;
    const TimePoint asked_from = is_lossy ? std::max(able_from, from) : able_from;
    if (LongestOutside(mutes, asked_from, ends) >= unasked) answer = Answer::kAnswered;
  }
  return answer;
}

TimePoint SilenceLog::AbleSince(int observer, int subject, TimePoint at) const {
  TimePoint since = at;
  for (size_t i = spans_.size(); i-- > 0;) {
    const Span& span = spans_[i];
    if (span.from >= at) continue;
    if (!IsAble(span, static_cast<size_t>(observer), static_cast<size_t>(subject))) break;
    since = span.from;
  }
  return since;
}

}  // namespace muster::sim
