// Members speak of themselves in incarnations; others hear of them in short claims, full ones, late
// ones, and from some who never knew the attributes. Whatever was heard in whatever order, no table
// ever passes off attributes of one incarnation as those of another, and tables that exchange what
// they hold end alike once each subject has been heard.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "src/core/member_table.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr size_t kPlenty = 1000;
constexpr uint64_t kMembers = 3;
constexpr uint64_t kIncarnations = 4;

// The attributes' variant of each member at each incarnation.
using History = std::map<uint64_t, std::vector<uint64_t>>;

History AnyHistory() {
  History history;
  for (uint64_t n = 1; n <= kMembers; ++n) {
    history[n] =
        *rc::gen::container<std::vector<uint64_t>>(kIncarnations, rc::gen::inRange<uint64_t>(1, 4));
  }
  return history;
}

wire::Update AnyClaim(const History& history) {
  const auto n = *rc::gen::inRange<uint64_t>(1, kMembers + 1);
  const auto incarnation = *rc::gen::inRange<uint64_t>(0, kIncarnations);
  const auto state = static_cast<wire::State>(*rc::gen::inRange(0, wire::kStateCount));
  const uint64_t boot = history.at(n)[incarnation];
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return Full(n, incarnation, state, boot);
    case 1:
      return Short(n, incarnation, state, boot);
    default:
      return Bare(n, incarnation, state);
  }
}

void CheckAgainst(const History& history, const MemberTable& table) {
  for (const MemberView& member : table.all()) {
    for (uint64_t n = 1; n <= kMembers; ++n) {
      if (member.id() != IdOf(n) || member.attributes_hash() == 0) continue;
      RC_ASSERT(member.attributes() == AttributesOf(n, history.at(n)[member.incarnation.raw()]));
    }
    RC_ASSERT(member.is_tombstone() || member.record->hash != 0u);
  }
}

// The cells of a table built anew from what another one states.
void CheckCells(RecordPool* pool, const MemberTable& table) {
  MemberTable fresh(pool, kPlenty, kPlenty);
  wire::ViewCell view = table.view_cell();
  for (uint32_t i = static_cast<uint32_t>(table.size()); i > 0; --i) {
    const wire::Update update = table.ToUpdate(i - 1, true);
    const Change change = fresh.Apply(At(0), update);
    if (change.kind == Change::Kind::kAdded) continue;
    // Up, and its attributes are not known: nobody can learn it from this table.
    RC_ASSERT(change.kind == Change::Kind::kUnknownAttributes);
    --view.count;
  }
  RC_ASSERT(fresh.view_cell().count == view.count);
  if (fresh.size() == table.size()) RC_ASSERT(fresh.view_cell() == table.view_cell());
  RC_ASSERT(fresh.tombstone_cell() == table.tombstone_cell());
}

bool Tell(const MemberTable& from, MemberTable* to) {
  bool changed = false;
  for (uint32_t i = 0; i < from.size(); ++i) {
    changed |= to->Apply(At(0), from.ToUpdate(i, true)).is_news();
  }
  return changed;
}

RC_GTEST_PROP(Convergence, AttributesAreOnlyEverThoseOfTheirIncarnation, ()) {
  const History history = AnyHistory();
  RecordPool pool;
  MemberTable table(&pool, kPlenty, kPlenty);
  const auto count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    table.Apply(At(0), AnyClaim(history));
    CheckAgainst(history, table);
    CheckCells(&pool, table);
  }
}

RC_GTEST_PROP(Convergence, TablesAgreeOnceEachSubjectWasHeard, ()) {
  const History history = AnyHistory();
  RecordPool pool;
  std::vector<MemberTable> tables;
  for (int i = 0; i < 2; ++i) tables.emplace_back(&pool, kPlenty, kPlenty);
  const auto count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    tables[*rc::gen::inRange<size_t>(0, 2)].Apply(At(0), AnyClaim(history));
  }
  for (uint64_t n = 1; n <= kMembers; ++n) {
    tables[*rc::gen::inRange<size_t>(0, 2)].Apply(
        At(0), Full(n, kIncarnations - 1, wire::State::kAlive, history.at(n)[kIncarnations - 1]));
  }
  Tell(tables[0], &tables[1]);
  Tell(tables[1], &tables[0]);
  Tell(tables[0], &tables[1]);
  for (const MemberTable& table : tables) {
    CheckAgainst(history, table);
    RC_ASSERT(table.size() == kMembers);
    for (const MemberView& member : table.all()) RC_ASSERT(member.attributes_hash() != 0u);
  }
  RC_ASSERT(tables[0].view_cell() == tables[1].view_cell());
  RC_ASSERT(tables[0].tombstone_cell() == tables[1].tombstone_cell());
  RC_ASSERT(!Tell(tables[0], &tables[1]));
}

RC_GTEST_PROP(Convergence, CountsAndIndexSurviveRemovalsAndTheLimitOfTombstones, ()) {
  RecordPool pool;
  const auto tombstones_max = *rc::gen::inRange<size_t>(1, 6);
  MemberTable table(&pool, kPlenty, tombstones_max);
  AddAlive(1, &table);
  const auto count = *rc::gen::inRange(1, 120);
  for (int i = 0; i < count; ++i) {
    const auto n = *rc::gen::inRange<uint64_t>(1, 16);
    const auto state = static_cast<wire::State>(*rc::gen::inRange(0, wire::kStateCount));
    const auto age = *rc::gen::inRange<uint32_t>(0, 100);
    const Change change =
        table.Apply(At(i), Aged(Full(n, *rc::gen::inRange<uint64_t>(1, 60), state), age));
    if (change.is_news()) RC_ASSERT(table[change.index].id() == IdOf(n));
    if (change.evicted) RC_ASSERT(table.Find(change.evicted->id) == nullptr);
    RC_ASSERT(table.tombstone_count() <= tombstones_max);
    const int64_t other = table.IndexOf(IdOf(*rc::gen::inRange<uint64_t>(1, 16)));
    if (other > 0 && table[static_cast<size_t>(other)].is_tombstone()) {
      table.Remove(static_cast<uint32_t>(other));
    }
    std::map<wire::State, size_t> counts;
    for (size_t index = 0; index < table.size(); ++index) {
      ++counts[table[index].state];
      RC_ASSERT(table.IndexOf(table[index].id()) == static_cast<int64_t>(index));
    }
    for (int s = 0; s < wire::kStateCount; ++s) {
      RC_ASSERT(table.count(static_cast<wire::State>(s)) == counts[static_cast<wire::State>(s)]);
    }
    RC_ASSERT(table.view_cell().count + table.tombstone_cell().count == table.size());
    CheckCells(&pool, table);
  }
}

}  // namespace
}  // namespace muster::core
