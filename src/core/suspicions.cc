#include "src/core/suspicions.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::core {

bool Suspicion::GateMet(TimePoint now, Duration period) const {
  if (path_proven) return true;
  return has_trip && last_trip_started - first_trip_started >= Suspicions::kTripsApart &&
         now - last_trip_done <= period * 5 / 2;
}

Suspicion& Suspicions::Open(TimePoint now, const HostId& subject, Incarnation incarnation,
                            bool accuser, uint32_t by, TimePoint began, TimePoint window_end) {
  Suspicion* open = Find(subject);
  if (open == nullptr) {
    index_.Insert(subject, all_.size());
    all_.emplace_back();
    open = &all_.back();
    open->subject = subject;
    open->by = by;
  }
  open->incarnation = incarnation;
  open->accuser = open->accuser || accuser;
  open->began = began;
  open->window_end = window_end;
  open->next_repeat = now + repeat_every_;
  open->next_gate_ping = window_end - kGateLead;
  open->next_poll = accuser ? now + kPollEvery : window_end - kGateLead;
  Arm(now, *open);
  return *open;
}

bool Suspicions::Close(const HostId& subject) {
  const size_t* position = index_.Find(subject);
  if (position == nullptr) return false;
  const size_t gap = *position;
  index_.Erase(subject);
  deadlines_.Clear(subject);
  if (gap + 1 != all_.size()) {
    all_[gap] = all_.back();
    index_[all_[gap].subject] = gap;
  }
  all_.pop_back();
  return true;
}

Suspicion* Suspicions::Find(const HostId& subject) {
  const size_t* position = index_.Find(subject);
  return position == nullptr ? nullptr : &all_[*position];
}

void Suspicions::NoteRoundTrip(TimePoint started, TimePoint done) {
  for (Suspicion& suspicion : all_) {
    if (started < suspicion.began) continue;
    if (!suspicion.has_trip) {
      suspicion.has_trip = true;
      suspicion.first_trip_started = started;
      suspicion.last_trip_started = started;
    }
    suspicion.first_trip_started = std::min(suspicion.first_trip_started, started);
    suspicion.last_trip_started = std::max(suspicion.last_trip_started, started);
    suspicion.last_trip_done = done;
  }
}

void Suspicions::Arm(TimePoint now, const Suspicion& suspicion) {
  TimePoint at = suspicion.looking ? TimePoint::Never() : suspicion.window_end;
  if (suspicion.accuser) at = std::min(at, suspicion.next_repeat);
  if (!suspicion.GateMet(now, period_)) at = std::min(at, suspicion.next_gate_ping);
  at = std::min(at, suspicion.next_poll);
  if (at.is_never()) {
    deadlines_.Clear(suspicion.subject);
  } else {
    deadlines_.Set(suspicion.subject, at);
  }
}

bool Suspicions::PopDue(TimePoint now, HostId* subject, SuspicionStep* step) {
  if (!deadlines_.PopDue(now, subject)) return false;
  Suspicion* suspicion = Find(*subject);
  MUSTER_CHECK(suspicion != nullptr);
  *step = SuspicionStep::kNothing;
  if (!suspicion->looking && suspicion->window_end <= now) {
    suspicion->looking = true;
    suspicion->next_repeat = now + repeat_every_;
    *step = SuspicionStep::kLastLook;
  } else if (!suspicion->GateMet(now, period_) && suspicion->next_gate_ping <= now) {
    suspicion->next_gate_ping = now + kGatePingEvery;
    *step = SuspicionStep::kPingForGate;
  } else if (suspicion->next_poll <= now) {
    suspicion->next_poll = now + kPollEvery;
    *step = SuspicionStep::kPoll;
  } else if (suspicion->accuser && suspicion->next_repeat <= now) {
    suspicion->next_repeat = now + repeat_every_;
    *step = SuspicionStep::kRepeat;
  }
  Arm(now, *suspicion);
  return true;
}

void Suspicions::LookAgain(TimePoint now, const HostId& subject, Duration wait) {
  Suspicion* suspicion = Find(subject);
  if (suspicion == nullptr) return;
  suspicion->looking = false;
  suspicion->window_end = now + wait;
  Arm(now, *suspicion);
}

void Suspicions::Extend(Duration by) {
  for (Suspicion& suspicion : all_) {
    suspicion.began += by;
    suspicion.window_end += by;
    suspicion.next_repeat += by;
    suspicion.next_gate_ping += by;
    suspicion.next_poll += by;
    suspicion.ballot = Ballot();
    suspicion.looking = false;
    suspicion.has_trip = false;
    suspicion.path_proven = false;
    suspicion.punctual_unanswered = 0;
    deadlines_.Set(suspicion.subject, std::min(suspicion.next_poll, suspicion.window_end));
  }
}

void Suspicions::SetWindowEnd(TimePoint now, const HostId& subject, TimePoint end) {
  Suspicion* suspicion = Find(subject);
  if (suspicion == nullptr) return;
  suspicion->window_end = end;
  suspicion->next_gate_ping = end - kGateLead;
  suspicion->next_poll = std::max(now, end - kGateLead);
  Arm(now, *suspicion);
}

bool AccusationBackoff::MayAccuse(TimePoint now, const HostId& subject) const {
  const Wait* wait = waits_.Find(subject);
  return wait == nullptr || wait->until <= now;
}

void AccusationBackoff::Refuted(TimePoint now, const HostId& subject) {
  Wait& wait = waits_[subject];
  const int64_t periods = std::min<int64_t>(int64_t{1} << wait.step, 60);
  wait.until = now + period_ * periods;
  wait.step = std::min(wait.step + 1, kStepsMax);
}

void AccusationBackoff::Answered(TimePoint now, const HostId& subject) {
  Wait* wait = waits_.Find(subject);
  // The refutation itself comes with an answer: what is answered within the wait proves no health.
  if (wait == nullptr || now < wait->until) return;
  if (--wait->step <= 0) waits_.Erase(subject);
}

}  // namespace muster::core
