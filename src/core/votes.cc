#include "src/core/votes.h"

#include <algorithm>

namespace muster::core {

bool Ballot::Knows(const HostId& id) const {
  return std::any_of(voters_.begin(), voters_.end(),
                     [&id](const Voter& voter) { return voter.id == id; });
}

void Ballot::Ask(const HostId& id, uint32_t sequence) {
  for (Voter& voter : voters_) {
    if (voter.id != id) continue;
    voter.sequence = sequence;
    voter.is_awaited = true;
    return;
  }
  if (!full()) voters_.push_back({id, sequence});
}

bool Ballot::Count(const HostId& id, uint32_t sequence, wire::Vote vote) {
  for (Voter& voter : voters_) {
    if (voter.id != id || voter.sequence != sequence || !voter.is_awaited) continue;
    voter.is_awaited = false;
    voter.vote = vote;
    return true;
  }
  return false;
}

int Ballot::Votes(wire::Vote vote) const {
  return static_cast<int>(std::count_if(voters_.begin(), voters_.end(),
                                        [vote](const Voter& voter) { return voter.vote == vote; }));
}

bool VoteDuties::Take(const HostId& subject, Duty* duty) {
  for (size_t i = 0; i < duties_.size(); ++i) {
    if (duties_[i].subject != subject) continue;
    *duty = duties_[i];
    duties_[i] = duties_.back();
    duties_.pop_back();
    return true;
  }
  return false;
}

void LossyVotes::Note(TimePoint now, const HostId& subject, const HostId& voter) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return now - entry.at > kFor || (entry.subject == subject && entry.voter == voter);
  });
  if (entries_.size() >= kMax) entries_.erase(entries_.begin());
  entries_.push_back({subject, voter, now});
}

bool LossyVotes::Has(TimePoint now, const HostId& subject, const HostId& voter) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.subject == subject && entry.voter == voter && now - entry.at <= kFor;
  });
}

void LossyVotes::Forget(const HostId& subject) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.subject == subject; });
}

}  // namespace muster::core
