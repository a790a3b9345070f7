#include "src/sim/silence_log.h"

#include <utility>

namespace muster::sim {

void SilenceLog::Record(TimePoint at, std::vector<HostState> hosts) {
  if (!spans_.empty() && spans_.back().from == at) spans_.pop_back();
  spans_.push_back({at, std::move(hosts)});
  size_t old = 0;
  while (old + 1 < spans_.size() && spans_[old + 1].from + kept_for_ < at) ++old;
  spans_.erase(spans_.begin(), spans_.begin() + static_cast<ptrdiff_t>(old));
}

bool SilenceLog::IsAlone(const Span& span, size_t host) {
  for (size_t i = 0; i < span.hosts.size(); ++i) {
    if (i != host && span.hosts[i].group == span.hosts[host].group) return false;
  }
  return true;
}

bool SilenceLog::Answers(const Span& span, size_t observer, size_t subject) {
  const HostState there = subject < span.hosts.size() ? span.hosts[subject] : HostState();
  const HostState here = observer < span.hosts.size() ? span.hosts[observer] : HostState();
  if (there.group == kNoGroup) return false;
  return here.group == kNoGroup ? !IsAlone(span, subject) : there.group == here.group;
}

SilenceLog::Answer SilenceLog::Between(int observer, int subject, TimePoint from,
                                       TimePoint to) const {
  const size_t o = static_cast<size_t>(observer);
  const size_t s = static_cast<size_t>(subject);
  Answer answer = Answer::kSilent;
  for (size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    const bool ends_before = i + 1 < spans_.size() && spans_[i + 1].from <= from;
    if (ends_before || span.from >= to) continue;
    for (const size_t host : {o, s}) {
      if (host < span.hosts.size() && span.hosts[host].impaired) return Answer::kImpaired;
    }
    if (Answers(span, o, s)) answer = Answer::kAnswered;
  }
  return answer;
}

TimePoint SilenceLog::AbleSince(int observer, int subject, TimePoint at) const {
  TimePoint since = at;
  for (size_t i = spans_.size(); i-- > 0;) {
    const Span& span = spans_[i];
    if (span.from >= at) continue;
    if (!Answers(span, static_cast<size_t>(observer), static_cast<size_t>(subject))) break;
    since = span.from;
  }
  return since;
}

}  // namespace muster::sim
