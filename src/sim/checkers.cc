#include "src/sim/checkers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/wire/codec.h"

namespace muster::sim {
namespace {

using wire::State;

std::string Text(const Checkers::Entry& entry) {
  return absl::StrCat(wire::StateName(entry.state), " at ", entry.incarnation.epoch(), ".",
                      entry.incarnation.counter());
}

bool IsTombstone(State state) { return state == State::kFailed || state >= State::kLeft; }

uint32_t Prefix32(const HostId& id) { return static_cast<uint32_t>(id.hi >> 32); }

// Grows `*items` so that it has a place for `host`.
template <typename T>
T& At(std::vector<T>* items, int host) {
  const size_t i = static_cast<size_t>(host);
  if (items->size() <= i) items->resize(i + 1);
  return (*items)[i];
}

}  // namespace

const char* RuleName(Rule rule) {
  switch (rule) {
    case Rule::kIncarnation:
      return "incarnation";
    case Rule::kTransition:
      return "transition";
    case Rule::kForgotten:
      return "forgotten";
    case Rule::kSelf:
      return "self";
    case Rule::kDatagram:
      return "datagram";
    case Rule::kDeadline:
      return "deadline";
    case Rule::kPromise:
      return "promise";
    case Rule::kThinAir:
      return "thin-air";
    case Rule::kBounds:
      return "bounds";
    case Rule::kAgreement:
      return "agreement";
    case Rule::kConvergence:
      return "convergence";
  }
  return "";
}

Duration CalmBound(const core::Options& options) {
  constexpr Duration kFindEachOther = Duration::Seconds(5);
  return options.join_retry_max + options.tolerance * 2 + kFindEachOther + options.period * 10 +
         options.probation_max;
}

void Checkers::Report(TimePoint at, Rule rule, std::string text) {
  if (disabled_[static_cast<size_t>(rule)]) return;
  ++violation_count_;
  if (violations_.size() < kViolationsKept) violations_.push_back({at, rule, std::move(text)});
}

void Checkers::Compare(TimePoint at, int observer, const Entry& before, const Entry& after) {
  if (after.incarnation < before.incarnation) {
    Report(at, Rule::kIncarnation,
           absl::StrCat("host ", observer + 1, ": ", after.id.ToHexPrefix(8), " fell from ",
                        Text(before), " to ", Text(after)));
  } else if (after.incarnation == before.incarnation && after.state < before.state) {
    Report(at, Rule::kTransition,
           absl::StrCat("host ", observer + 1, ": ", after.id.ToHexPrefix(8), " went from ",
                        Text(before), " to ", Text(after)));
  }
}

void Checkers::ObserveTable(TimePoint at, int observer, uint32_t run,
                            const std::vector<Entry>& table, bool is_leaving) {
  Shadow& shadow = At(&shadows_, observer);
  if (shadow.run != run) {
    shadow.run = run;
    shadow.table.clear();
  }
  if (!table.empty()) {
    const Entry& self = table.front();
    if (IsTombstone(self.state) && !is_leaving && !self.incarnation.is_top()) {
      Report(at, Rule::kSelf, absl::StrCat("host ", observer + 1, " holds itself ", Text(self)));
    }
  }
  // The same position is the rule; a removal moves the last entry into the gap.
  const auto find = [](const std::vector<Entry>& entries, size_t guess,
                       const HostId& id) -> const Entry* {
    if (guess < entries.size() && entries[guess].id == id) return &entries[guess];
    for (const Entry& entry : entries) {
      if (entry.id == id) return &entry;
    }
    return nullptr;
  };
  for (size_t i = 0; i < shadow.table.size(); ++i) {
    const Entry& before = shadow.table[i];
    const Entry* after = find(table, i, before.id);
    if (after != nullptr) {
      Compare(at, observer, before, *after);
    } else if (!IsTombstone(before.state)) {
      Report(at, Rule::kForgotten,
             absl::StrCat("host ", observer + 1, " dropped ", before.id.ToHexPrefix(8), ", ",
                          Text(before)));
    }
  }
  shadow.table = table;
}

void Checkers::ObserveDatagram(TimePoint at, int host, size_t bytes, size_t limit) {
  if (bytes <= limit) return;
  Report(at, Rule::kDatagram, absl::StrCat("host ", host + 1, " sent ", bytes, " bytes"));
}

bool Checkers::ObserveDeadline(TimePoint at, int host, TimePoint due, TimePoint next) {
  if (at > due) {
    Report(at, Rule::kDeadline,
           absl::StrCat("host ", host + 1, ": a deadline was served ", at.micros() - due.micros(),
                        " us late"));
  }
  Instant& instant = At(&instants_, host);
  if (instant.at != at) instant = {at, 0};
  if (++instant.calls <= kCallsAtOneInstantMax || next > at) return true;
  Report(at, Rule::kDeadline,
         absl::StrCat("host ", host + 1, ": ", instant.calls, " deadlines at one instant"));
  return false;
}

void Checkers::ObservePending(TimePoint at, int host, TimePoint due) {
  if (due >= at) return;
  Report(at, Rule::kDeadline,
         absl::StrCat("host ", host + 1, ": a deadline was not served for ", (at - due).micros(),
                      " us"));
}

void Checkers::ObserveBounds(TimePoint at, int host, const Bounds& bounds) {
  const auto check = [this, at, host](const char* what, size_t is, size_t limit) {
    if (is <= limit) return;
    Report(at, Rule::kBounds, absl::StrCat("host ", host + 1, ": ", is, " ", what, " of ", limit));
  };
  check("rumours", bounds.queue, bounds.members);
  check("members", bounds.live, bounds.live_max);
  check("tombstones", bounds.tombstones, bounds.tombstones_max);
}

void Checkers::ObserveCalm(TimePoint at, TimePoint calm_since, Duration bound, bool all_agree) {
  if (all_agree || at - calm_since <= bound) return;
  Report(at, Rule::kConvergence,
         absl::StrCat("no agreement ", FormatDuration(at - calm_since), " after the last fault"));
}

void Checkers::ObserveFailed(TimePoint at, const FailedReport& report) {
  const uint64_t key = VerdictKey(report.subject_id, report.incarnation);
  // A verdict that was judged when it was pronounced; an observer that restarted may hear its own.
  if (verdicts_.contains(key)) return;
  if (report.by != Prefix32(report.observer_id)) {
    Report(at, Rule::kThinAir,
           absl::StrCat("host ", report.observer + 1, " shows ", report.subject_id.ToHexPrefix(8),
                        " failed; nobody pronounced it"));
    return;
  }
  verdicts_[key] = true;
  if (report.is_lossy) return;
  // The silence to look at: up to now, up to when the subject was able to answer again, or, of a
  // process that is gone, what came before its end.
  TimePoint end = at;
  if (!report.ended_at.is_never()) {
    end = report.ended_at;
  } else if (const TimePoint able = silence_.AbleSince(report.observer, report.subject, at);
             at - able < kUnasked) {
    end = able;
  }
  const TimePoint from = (report.ended_at.is_never() ? end : at) - report.tolerance;
  const bool was_silent = report.subject < 0 || from >= end ||
                          silence_.Between(report.observer, report.subject, from, end, kRepeat,
                                           report.mutes) != SilenceLog::Answer::kAnswered;
  if (was_silent) return;
  Report(at, Rule::kPromise,
         absl::StrCat("host ", report.observer + 1, " pronounced host ", report.subject + 1, " ",
                      report.subject_id.ToHexPrefix(8), " failed, silent for less than ",
                      FormatDuration(report.tolerance)));
}

}  // namespace muster::sim
