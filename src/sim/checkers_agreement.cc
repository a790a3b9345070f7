// The rules about view cells and about what members make of them.

#include "absl/strings/str_cat.h"
#include "src/base/hash.h"
#include "src/sim/checkers.h"

namespace muster::sim {
namespace {

using wire::State;

// Of all live entries, whatever their order; made apart from the core's own sum.
uint64_t TableHash(const std::vector<Checkers::Entry>& table) {
  uint64_t sum = 0;
  for (const Checkers::Entry& entry : table) {
    if (entry.state == State::kFailed || entry.state >= State::kLeft) continue;
    uint64_t hash = HashCombine(entry.id.Hash(), entry.incarnation.raw());
    hash = HashCombine(hash, entry.attributes_hash);
    sum += Mix64(hash ^ 0x7461626c65ull);
  }
  return sum;
}

}  // namespace

Checkers::Sent* Checkers::FindSent(const HostId& id) {
  const size_t* i = sent_index_.Find(id);
  return i == nullptr ? nullptr : &sent_[*i];
}

void Checkers::ObserveCell(TimePoint at, int host, const HostId& id, const wire::ViewCell& cell,
                           const std::vector<Entry>& table) {
  if (sent_index_.Insert(id, sent_.size())) sent_.push_back({id, cell, at});
  Sent& sent = *FindSent(id);
  sent = {id, cell, at};
  const uint64_t hash = TableHash(table);
  cell_of_table_.Insert(hash, cell.hash);
  table_of_cell_.Insert(cell.hash, hash);
  if (*cell_of_table_.Find(hash) != cell.hash) {
    Report(at, Rule::kAgreement,
           absl::StrCat("host ", host + 1, " has another cell than one with its very table"));
  } else if (*table_of_cell_.Find(cell.hash) != hash) {
    Report(at, Rule::kAgreement,
           absl::StrCat("host ", host + 1, " has the cell of one with another table"));
  }
}

void Checkers::ObserveCellEnd(TimePoint at, const HostId& id) {
  if (Sent* sent = FindSent(id)) sent->ended_at = at;
}

void Checkers::ObserveAgreement(TimePoint at, const AgreementReport& report) {
  const Sent* own = FindSent(report.id);
  const TimePoint since = report.heard_since - kTransit;
  // Only what did not change in all that time can be judged: anybody may have heard an older cell.
  if (own == nullptr || own->since >= since) return;
  const auto is_settled = [since](const Sent& sent) {
    return sent.since < since && sent.ended_at.is_never();
  };
  for (const HostId& id : report.differing) {
    const Sent* peer = FindSent(id);
    if (peer == nullptr || !is_settled(*peer) || peer->cell != own->cell) continue;
    Report(at, Rule::kAgreement,
           absl::StrCat("host ", report.observer + 1, " finds ", id.ToHexPrefix(8),
                        " to differ, whose table is the same"));
  }
  size_t possible = 0;
  for (const Sent& peer : sent_) {
    if (peer.id == report.id || peer.ended_at < since) continue;
    if (!is_settled(peer) || peer.cell == own->cell) ++possible;
  }
  if (report.agreeing > possible) {
    Report(at, Rule::kAgreement,
           absl::StrCat("host ", report.observer + 1, " finds ", report.agreeing,
                        " peers to agree where only ", possible, " can"));
  }
}

}  // namespace muster::sim
