// What Memberlist makes of an update (state.go aliveNode, suspectNode, deadNode, refute), and
// LHA-Suspicion (Lifeguard, section IV-B; suspicion.go).

#include <algorithm>

#include "bench/baselines/formulas.h"
#include "bench/baselines/memberlist.h"

namespace muster::baselines {

void Memberlist::Apply(const Update& update) {
  switch (update.state) {
    case State::kAlive:
      Alive(update);
      break;
    case State::kSuspect:
      Suspect(update);
      break;
    case State::kDead:
      Dead(update);
      break;
    case State::kUnknown:
      break;
  }
}

void Memberlist::Alive(const Update& update) {
  if (update.subject == self_) {
    if (update.incarnation > incarnation_) Refute(update.incarnation);
    return;
  }
  const bool is_known = table_.Knows(update.subject);
  if (is_known && update.incarnation <= table_[update.subject].incarnation) return;
  const bool is_return = !is_known || table_[update.subject].state == State::kDead;
  EndSuspicion(update.subject);
  table_.Set(update.subject, State::kAlive, update.incarnation, io_.now(), &io_.rng());
  Broadcast(State::kAlive, update.subject, update.incarnation, update.from);
  if (is_return) io_.Report(update.subject, State::kAlive);
}

void Memberlist::Suspect(const Update& update) {
  if (update.subject == self_) {
    if (update.incarnation >= incarnation_) Refute(update.incarnation);
    return;
  }
  if (!table_.Knows(update.subject)) return;
  const MemberTable::Entry& entry = table_[update.subject];
  if (update.incarnation < entry.incarnation) return;
  const TimePoint now = io_.now();
  if (Suspicion* suspicion = FindSuspicion(update.subject)) {
    std::vector<int>& accusers = suspicion->accusers;
    const int confirmations = static_cast<int>(accusers.size()) - 1;
    if (confirmations >= suspicion->looked_for) return;
    if (std::find(accusers.begin(), accusers.end(), update.from) != accusers.end()) return;
    accusers.push_back(update.from);
    // A new timer takes the old one's place.
    suspicion->generation = next_generation_++;
    const Duration timeout =
        SuspicionTimeout(suspicion->min, options_.beta, confirmations + 1, suspicion->looked_for);
    io_.SetTimer(std::max(now, suspicion->started + timeout), kSuspicionTimer,
                 suspicion->generation);
    Broadcast(State::kSuspect, update.subject, update.incarnation, update.from);
    return;
  }
  if (entry.state != State::kAlive) return;
  Broadcast(State::kSuspect, update.subject, update.incarnation, update.from);
  table_.Set(update.subject, State::kSuspect, update.incarnation, now, &io_.rng());

  Suspicion suspicion;
  suspicion.subject = update.subject;
  suspicion.generation = next_generation_++;
  suspicion.started = now;
  suspicion.min = SuspicionMin(options_.alpha, table_.known(), options_.probe_interval);
  suspicion.looked_for = options_.confirmations < 0 ? options_.alpha - 2 : options_.confirmations;
  if (table_.known() - 2 < suspicion.looked_for) suspicion.looked_for = 0;
  suspicion.accusers.push_back(update.from);
  io_.SetTimer(now + SuspicionTimeout(suspicion.min, options_.beta, 0, suspicion.looked_for),
               kSuspicionTimer, suspicion.generation);
  suspicions_.push_back(std::move(suspicion));
}

void Memberlist::Dead(const Update& update) {
  if (update.subject == self_) {
    if (update.incarnation >= incarnation_) Refute(update.incarnation);
    return;
  }
  if (!table_.Knows(update.subject)) return;
  const MemberTable::Entry& entry = table_[update.subject];
  if (update.incarnation < entry.incarnation) return;
  EndSuspicion(update.subject);
  if (entry.state == State::kDead) return;
  table_.Set(update.subject, State::kDead, update.incarnation, io_.now(), &io_.rng());
  Broadcast(State::kDead, update.subject, update.incarnation, update.from);
  io_.Report(update.subject, State::kDead);
}

void Memberlist::Refute(uint32_t accused) {
  incarnation_ = std::max(incarnation_, accused) + 1;
  table_.Set(self_, State::kAlive, incarnation_, io_.now(), &io_.rng());
  health_.RefutedSelf();
  Broadcast(State::kAlive, self_, incarnation_, self_);
}

void Memberlist::SuspicionOver(uint32_t generation) {
  for (const Suspicion& suspicion : suspicions_) {
    if (suspicion.generation != generation) continue;
    const int subject = suspicion.subject;
    Dead({State::kDead, table_[subject].incarnation, subject, self_});
    return;
  }
}

Memberlist::Suspicion* Memberlist::FindSuspicion(int subject) {
  for (Suspicion& suspicion : suspicions_) {
    if (suspicion.subject == subject) return &suspicion;
  }
  return nullptr;
}

void Memberlist::EndSuspicion(int subject) {
  std::erase_if(suspicions_, [subject](const Suspicion& s) { return s.subject == subject; });
}

}  // namespace muster::baselines
