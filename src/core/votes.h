#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/wire/message.h"

namespace muster::core {

// The votes on one suspicion ("Votes" in README.md): what the other observers of a member say, who
// were asked by its accuser. The accuser's own vote is in favour and always counted. With m votes
// that say something, 7/9 of them are a quorum and a third a doubt (H and L of Rapid, Suresh et al.
// 2018, section 4, for nine observers).
class Ballot {
 public:
  // More voters are not asked, replacements included.
  static constexpr size_t kVotersMax = 32;

  struct Voter {
    HostId id;
    uint32_t sequence = 0;   // of the last request to it
    bool is_awaited = true;  // that request has not been answered
    wire::Vote vote = wire::Vote::kNone;
  };

  bool full() const { return voters_.size() >= kVotersMax; }
  bool Knows(const HostId& id) const;
  // `id` was asked, for the first time or again.
  void Ask(const HostId& id, uint32_t sequence);
  // False when the vote answers no request to that voter, or one that was answered before.
  bool Count(const HostId& id, uint32_t sequence, wire::Vote vote);
  const std::vector<Voter>& voters() const { return voters_; }

  // Votes that say something, ours included; of these those in favour.
  int answers() const { return 1 + Votes(wire::Vote::kFor) + Votes(wire::Vote::kAgainst); }
  int in_favour() const { return 1 + Votes(wire::Vote::kFor); }
  bool HasQuorum() const { return in_favour() * 9 >= answers() * 7; }
  // Enough doubt, among `electors` that could vote, to tell the cluster of a suspicion.
  bool HasDoubt(int electors) const { return in_favour() * 3 >= electors; }

 private:
  int Votes(wire::Vote vote) const;
  std::vector<Voter> voters_;
};

// Requests for our vote that wait for a probe of their subject.
class VoteDuties {
 public:
  static constexpr size_t kMax = 512;

  struct Duty {
    HostId subject;
    Address asker;
    uint32_t asker_sequence = 0;
  };

  bool full() const { return duties_.size() >= kMax; }
  void Add(const Duty& duty) { duties_.push_back(duty); }
  // Takes one that asks about `subject`; false when there is none.
  bool Take(const HostId& subject, Duty* duty);

 private:
  std::vector<Duty> duties_;
};

// Who says of whom that it loses most of its packets. A vote counts for kFor after it came.
class LossyVotes {
 public:
  static constexpr Duration kFor = Duration::Seconds(30);
  static constexpr size_t kMax = 1024;

  void Note(TimePoint now, const HostId& subject, const HostId& voter);
  bool Has(TimePoint now, const HostId& subject, const HostId& voter) const;
  void Forget(const HostId& subject);

 private:
  struct Entry {
    HostId subject;
    HostId voter;
    TimePoint at;
  };
  std::vector<Entry> entries_;
};

}  // namespace muster::core
