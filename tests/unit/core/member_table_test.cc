#include "src/core/member_table.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using wire::State;
using Kind = Change::Kind;

constexpr size_t kPlenty = 1000;
constexpr State kAllStates[] = {State::kAlive,   State::kSuspect, State::kFailed,
                                State::kLeaving, State::kLeft,    State::kPruned};

bool IsTombstone(State state) { return MemberView::IsTombstone(state); }

// A table whose member 0 is itself, in a pool of its own.
struct Fixture {
  explicit Fixture(size_t up_max = kPlenty, size_t tombstones_max = kPlenty)
      : table(&pool, up_max, tombstones_max) {
    AddAlive(1, &table);
  }
  const MemberView& operator[](uint64_t n) const {
    const MemberView* view = table.Find(IdOf(n));
    EXPECT_NE(view, nullptr);
    return *view;
  }
  RecordPool pool;
  MemberTable table;
};

TEST(MemberTableTest, ACopyHoldsAllOfAnotherWithItsOwnEntryFirst) {
  Fixture f;
  MemberTable other(&f.pool, kPlenty, kPlenty);
  for (const uint64_t n : {3, 0, 2, 1}) {
    other.Apply(At(0), n == 0 ? f.table.ToUpdate(0, true) : Full(n, 1, State::kAlive));
  }
  f.table.CopyFrom(other);
  ASSERT_EQ(f.table.size(), 4u);
  EXPECT_EQ(f.table.self().id(), IdOf(0));
  for (uint64_t n = 0; n < 4; ++n) EXPECT_EQ(f[n].id(), IdOf(n));
  EXPECT_EQ(f.table.up_count(), 4u);
  EXPECT_EQ(f.table.view_cell(), other.view_cell());
  // It goes on from there like any other.
  f.table.Apply(At(1), Full(7, 1, State::kAlive));
  EXPECT_EQ(f.table.Apply(At(1), Full(2, 1, State::kFailed)).kind, Kind::kState);
  EXPECT_EQ(f.table.up_count(), 4u);
  EXPECT_EQ(f.table.tombstone_cell().count, 1u);
}

TEST(MemberTableDeathTest, ACopyOfATableWithoutUsIsRefused) {
  Fixture f;
  MemberTable other(&f.pool, kPlenty, kPlenty);
  other.Apply(At(0), Full(3, 1, State::kAlive));
  EXPECT_DEATH(f.table.CopyFrom(other), "check failed");
}

TEST(MemberTableTest, AnUnknownMemberIsAddedWithWhatItsClaimSays) {
  for (const State state : kAllStates) {
    SCOPED_TRACE(static_cast<int>(state));
    Fixture f;
    wire::Update update = Full(1, 7, state);
    update.reason = wire::Reason::kNoAnswer;
    const Change change = f.table.Apply(At(5), update);
    EXPECT_EQ(change.kind, Kind::kAdded);
    EXPECT_TRUE(change.is_news());
    EXPECT_EQ(change.index, 1u);
    EXPECT_EQ(change.to, state);
    EXPECT_FALSE(change.wants_attributes);
    EXPECT_EQ(f[1].state, state);
    EXPECT_EQ(f[1].incarnation.raw(), 7u);
    EXPECT_EQ(f[1].attributes(), AttributesOf(1));
    EXPECT_EQ(f[1].since(), At(5));
    EXPECT_EQ(f[1].reason, wire::Reason::kNoAnswer);
    EXPECT_EQ(f.table.size(), 2u);
    EXPECT_EQ(f.table.count(state), state == State::kAlive ? 2u : 1u);
    EXPECT_EQ(f.table.tombstone_count(), IsTombstone(state) ? 1u : 0u);
    EXPECT_EQ(f.table.view_cell().count, IsTombstone(state) ? 1u : 2u);
    EXPECT_EQ(f.table.tombstone_cell().count, IsTombstone(state) ? 1u : 0u);
  }
}

TEST(MemberTableTest, WithoutAttributesOnlyATombstoneIsAdded) {
  for (const State state : kAllStates) {
    for (const bool sender_knows : {false, true}) {
      SCOPED_TRACE(static_cast<int>(state));
      Fixture f;
      const Change change =
          f.table.Apply(At(0), sender_knows ? Short(1, 7, state) : Bare(1, 7, state));
      EXPECT_EQ(change.wants_attributes, sender_knows);
      EXPECT_EQ(change.kind, IsTombstone(state) ? Kind::kAdded : Kind::kUnknownAttributes);
      EXPECT_EQ(change.is_news(), IsTombstone(state));
      EXPECT_EQ(f.table.size(), IsTombstone(state) ? 2u : 1u);
      if (IsTombstone(state)) {
        EXPECT_EQ(f[1].attributes(), wire::Attributes());
        EXPECT_EQ(f[1].attributes_hash(), 0u);
        EXPECT_EQ(f[1].id(), IdOf(1));
      }
    }
  }
}

// Every held claim against every other, by the one rule: incarnation first, then state.
TEST(MemberTableTest, TheHigherClaimWinsAndTheChangeSaysWhatHappened) {
  for (const State held : kAllStates) {
    for (const State claimed : kAllStates) {
      for (const uint64_t incarnation : {4u, 5u, 6u}) {
        for (const bool full : {false, true}) {
          SCOPED_TRACE(std::to_string(static_cast<int>(held)) + " at 5 meets " +
                       std::to_string(static_cast<int>(claimed)) + " at " +
                       std::to_string(incarnation));
          Fixture f;
          f.table.Apply(At(0), Full(1, 5, held));
          const bool higher = incarnation > 5 || (incarnation == 5 && claimed > held);
          const bool lower = incarnation < 5 || (incarnation == 5 && claimed < held);
          const Change change = f.table.Apply(
              At(9), full ? Full(1, incarnation, claimed) : Short(1, incarnation, claimed));
          EXPECT_EQ(change.index, 1u);
          EXPECT_FALSE(change.attributes_changed);
          EXPECT_FALSE(change.wants_attributes);
          EXPECT_EQ(change.from, held);
          EXPECT_EQ(change.to, higher ? claimed : held);
          EXPECT_EQ(change.kind, lower             ? Kind::kStale
                                 : !higher         ? Kind::kNone
                                 : claimed == held ? Kind::kRaised
                                                   : Kind::kState);
          EXPECT_EQ(f[1].state, higher ? claimed : held);
          EXPECT_EQ(f[1].incarnation.raw(), higher ? incarnation : 5u);
        }
      }
    }
  }
}

// ---- Attributes ----

struct AttributeCase {
  const char* what;
  std::vector<wire::Update> claims;
  Kind kind;                     // of the last one
  std::optional<uint64_t> boot;  // of the attributes held in the end; none: never learnt
  bool current;                  // they are of the incarnation held
  bool wants;
};

const AttributeCase kAttributeCases[] = {
    {"raised and carried: replaced, also by a smaller set",
     {Full(1, 5, State::kAlive, 9), Full(1, 6, State::kAlive, 1)},
     Kind::kAttributes,
     1,
     true,
     false},
    {"raised, same hash: confirmed",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 9)},
     Kind::kRaised,
     9,
     true,
     false},
    {"raised, another hash: kept as outdated, and pulled",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 1)},
     Kind::kRaised,
     9,
     false,
     true},
    {"raised by one who never knew: outdated, nobody to pull from",
     {Full(1, 5, State::kAlive, 9), Bare(1, 6, State::kFailed)},
     Kind::kState,
     9,
     false,
     false},
    {"outdated: any full set of the incarnation replaces them, also a smaller one",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 1), Full(1, 6, State::kAlive, 1)},
     Kind::kAttributes,
     1,
     true,
     false},
    {"outdated, and the full set turns out to be the same",
     {Full(1, 5, State::kAlive, 9), Bare(1, 6, State::kAlive), Full(1, 6, State::kAlive, 9)},
     Kind::kNone,
     9,
     true,
     false},
    {"outdated, and a short claim says that nothing changed",
     {Full(1, 5, State::kAlive, 9), Bare(1, 6, State::kAlive), Short(1, 6, State::kAlive, 9)},
     Kind::kNone,
     9,
     true,
     false},
    {"outdated, and still not known: pulled again",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 1), Short(1, 6, State::kAlive, 1)},
     Kind::kNone,
     9,
     false,
     true},
    {"outdated, and a full set of the old incarnation changes nothing",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 1), Full(1, 5, State::kAlive, 10)},
     Kind::kStale,
     9,
     false,
     false},
    {"outdated stays outdated when raised by one who never knew",
     {Full(1, 5, State::kAlive, 9), Short(1, 6, State::kAlive, 1), Bare(1, 7, State::kAlive)},
     Kind::kRaised,
     9,
     false,
     false},
    {"equal incarnation: the greater set wins",
     {Full(1, 5, State::kAlive, 1), Full(1, 5, State::kAlive, 9)},
     Kind::kAttributes,
     9,
     true,
     false},
    {"equal incarnation: the smaller set loses",
     {Full(1, 5, State::kAlive, 9), Full(1, 5, State::kAlive, 1)},
     Kind::kNone,
     9,
     true,
     false},
    {"equal incarnation and lower state: attributes are merged all the same",
     {Full(1, 5, State::kFailed, 1), Full(1, 5, State::kAlive, 9)},
     Kind::kAttributes,
     9,
     true,
     false},
    {"equal incarnation and higher state: both",
     {Full(1, 5, State::kAlive, 1), Full(1, 5, State::kFailed, 9)},
     Kind::kState,
     9,
     true,
     false},
    {"equal incarnation, short with another hash: pulled",
     {Full(1, 5, State::kAlive, 9), Short(1, 5, State::kAlive, 1)},
     Kind::kNone,
     9,
     true,
     true},
    {"equal incarnation, short from one who never knew: no pull",
     {Full(1, 5, State::kAlive, 9), Bare(1, 5, State::kSuspect)},
     Kind::kState,
     9,
     true,
     false},
    {"lower incarnation: not taken",
     {Full(1, 5, State::kAlive, 1), Full(1, 4, State::kAlive, 9)},
     Kind::kStale,
     1,
     true,
     false},
    {"lower incarnation, short: its other hash means nothing",
     {Full(1, 5, State::kAlive, 1), Short(1, 4, State::kAlive, 9)},
     Kind::kStale,
     1,
     true,
     false},
    {"a tombstone learnt short is pulled",
     {Short(1, 5, State::kLeft, 1)},
     Kind::kAdded,
     std::nullopt,
     false,
     true},
    {"a tombstone learnt short is filled in by its full record",
     {Short(1, 5, State::kLeft, 1), Full(1, 5, State::kLeft, 1)},
     Kind::kAttributes,
     1,
     true,
     false},
    {"a tombstone learnt short is filled in by an older record, as outdated",
     {Short(1, 5, State::kLeft, 9), Full(1, 4, State::kAlive, 1)},
     Kind::kAttributes,
     1,
     false,
     false},
    {"which the right record replaces",
     {Short(1, 5, State::kLeft, 9), Full(1, 4, State::kAlive, 10), Full(1, 5, State::kLeft, 9)},
     Kind::kAttributes,
     9,
     true,
     false},
    {"a tombstone learnt short meets an older short claim: pulled",
     {Short(1, 5, State::kLeft, 9), Short(1, 4, State::kAlive, 1)},
     Kind::kStale,
     std::nullopt,
     false,
     true},
    {"a tombstone learnt short cannot come up without its attributes",
     {Short(1, 5, State::kFailed, 1), Short(1, 6, State::kAlive, 1)},
     Kind::kUnknownAttributes,
     std::nullopt,
     false,
     true},
    {"a tombstone learnt short comes up with them",
     {Short(1, 5, State::kFailed, 1), Full(1, 6, State::kAlive, 1)},
     Kind::kState,
     1,
     true,
     false},
    {"a tombstone comes up with new attributes",
     {Full(1, 5, State::kFailed, 9), Full(1, 6, State::kAlive, 1)},
     Kind::kState,
     1,
     true,
     false},
    {"a tombstone comes up short with the same attributes",
     {Full(1, 5, State::kFailed, 9), Short(1, 6, State::kAlive, 9)},
     Kind::kState,
     9,
     true,
     false},
};

TEST(MemberTableTest, AttributesBelongToAnIncarnation) {
  for (const AttributeCase& c : kAttributeCases) {
    SCOPED_TRACE(c.what);
    Fixture f;
    Change change;
    for (const wire::Update& claim : c.claims) change = f.table.Apply(At(0), claim);
    EXPECT_EQ(change.kind, c.kind);
    EXPECT_EQ(change.wants_attributes, c.wants);
    EXPECT_EQ(f[1].attributes(), c.boot ? AttributesOf(1, *c.boot) : wire::Attributes());
    EXPECT_EQ(f[1].attributes_hash() != 0, c.current);
  }
}

TEST(MemberTableTest, AnUpdateStatesOnlyAttributesOfTheIncarnationHeld) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 5, State::kSuspect, 9));
  wire::Update update = f.table.ToUpdate(1, true);
  EXPECT_EQ(update.id, IdOf(1));
  EXPECT_EQ(update.incarnation.raw(), 5u);
  EXPECT_EQ(update.state, State::kSuspect);
  EXPECT_EQ(update.attributes, AttributesOf(1, 9));
  EXPECT_EQ(update.attributes_hash, Short(1, 5, State::kSuspect, 9).attributes_hash);

  update = f.table.ToUpdate(1, false);
  EXPECT_EQ(update.attributes, std::nullopt);
  EXPECT_EQ(update.attributes_hash, Short(1, 5, State::kSuspect, 9).attributes_hash);

  wire::Update verdict = Short(1, 6, State::kFailed, 1);
  verdict.reason = wire::Reason::kNoAnswer;
  f.table.Apply(At(0), verdict);
  update = f.table.ToUpdate(1, true);
  EXPECT_EQ(update.attributes, std::nullopt) << "outdated";
  EXPECT_EQ(update.attributes_hash, 0u);
  EXPECT_EQ(update.reason, wire::Reason::kNoAnswer);
}

// ---- Times ----

TEST(MemberTableTest, SinceIsTheLastChangeOfState) {
  Fixture f;
  f.table.Apply(At(1), Full(1, 1, State::kAlive));
  f.table.Apply(At(2), Short(1, 2, State::kAlive));
  EXPECT_EQ(f[1].since(), At(1)) << "a raised incarnation is none";
  f.table.Apply(At(3), Short(1, 2, State::kSuspect));
  EXPECT_EQ(f[1].since(), At(3));
  f.table.Apply(At(4), Full(1, 3, State::kAlive, 2));
  EXPECT_EQ(f[1].since(), At(4));
  f.table.Apply(At(5), Full(1, 3, State::kAlive, 3));
  EXPECT_EQ(f[1].since(), At(4)) << "neither are attributes";
}

TEST(MemberTableTest, ATombstoneIsAsOldAsItsClaimSaysAndOnlyEverOlder) {
  const auto since_of = [](const std::vector<wire::Update>& claims) {
    Fixture f;
    f.table.Apply(At(0), Full(1, 5, State::kAlive));
    // Each a second after the other.
    int64_t ms = 0;
    for (const wire::Update& claim : claims) f.table.Apply(At(ms += 1000), claim);
    return (f[1].since() - At(0)).millis();
  };
  const State failed = State::kFailed;
  const State left = State::kLeft;
  EXPECT_EQ(since_of({Short(1, 5, failed)}), 1000);
  EXPECT_EQ(since_of({Aged(Short(1, 5, failed), 60)}), -59'000);
  EXPECT_EQ(since_of({Aged(Short(1, 5, failed), 60), Short(1, 5, failed)}), -59'000)
      << "a younger claim does not extend its life";
  EXPECT_EQ(since_of({Short(1, 5, failed), Aged(Short(1, 5, failed), 60)}), -58'000)
      << "an older one shortens it";
  EXPECT_EQ(since_of({Short(1, 5, failed), Aged(Short(1, 4, failed), 60)}), 1000)
      << "a stale claim is about another verdict";
  EXPECT_EQ(since_of({Aged(Short(1, 5, failed), 60), Short(1, 5, left)}), 2000)
      << "a new state is a new verdict";
  EXPECT_EQ(since_of({Aged(Short(1, 5, failed), 60), Short(1, 6, failed)}), 2000)
      << "and so is one about a later incarnation";
  EXPECT_EQ(since_of({Aged(Short(1, 5, left), 60), Short(1, 5, State::kPruned)}), -59'000)
      << "hiding it is none";
}

// ---- What users see ----

TEST(MemberTableTest, TheVersionRisesWithWhatUsersSee) {
  Fixture f;
  const auto rises = [&f](const wire::Update& update) {
    const uint64_t before = f.table.version();
    f.table.Apply(At(0), update);
    EXPECT_LE(f.table.version(), before + 1);
    return f.table.version() > before;
  };
  EXPECT_TRUE(rises(Full(1, 1, State::kAlive))) << "added";
  EXPECT_FALSE(rises(Full(1, 1, State::kAlive))) << "repeated";
  EXPECT_FALSE(rises(Short(1, 2, State::kAlive))) << "raised only";
  EXPECT_TRUE(rises(Short(1, 2, State::kSuspect)));
  EXPECT_TRUE(rises(Short(1, 3, State::kAlive)));
  EXPECT_FALSE(rises(Short(1, 2, State::kLeft))) << "stale";
  EXPECT_TRUE(rises(Full(1, 4, State::kAlive, 2))) << "attributes";
  EXPECT_TRUE(rises(Short(1, 4, State::kLeft, 2)));
  EXPECT_TRUE(rises(Short(1, 4, State::kPruned, 2))) << "it vanishes";
  EXPECT_FALSE(rises(Full(1, 4, State::kPruned, 3))) << "nobody sees it";
  EXPECT_FALSE(rises(Full(2, 1, State::kPruned)));
  EXPECT_TRUE(rises(Full(1, 5, State::kAlive, 2))) << "it is back";
  EXPECT_FALSE(rises(Short(3, 1, State::kAlive))) << "not admitted";
}

TEST(MemberTableTest, RemovingIsSeenUnlessTheTombstoneWasHidden) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 1, State::kFailed));
  f.table.Apply(At(0), Full(2, 1, State::kPruned));
  const uint64_t before = f.table.version();
  f.table.Remove(2);
  EXPECT_EQ(f.table.version(), before);
  f.table.Remove(1);
  EXPECT_EQ(f.table.version(), before + 1);
}

// ---- Cells ----

TEST(MemberTableTest, ASuspicionOrALeaveInProgressIsNoDifferenceBetweenTables) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 1, State::kAlive));
  const wire::ViewCell alive = f.table.view_cell();
  f.table.Apply(At(0), Short(1, 1, State::kSuspect));
  EXPECT_EQ(f.table.view_cell(), alive);
  f.table.Apply(At(0), Short(1, 1, State::kLeaving));
  EXPECT_EQ(f.table.view_cell(), alive);
  EXPECT_EQ(f.table.tombstone_cell(), wire::ViewCell());
}

TEST(MemberTableTest, IncarnationAttributesAndVerdictsAreDifferences) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 1, State::kAlive));
  std::vector<wire::ViewCell> cells = {f.table.view_cell()};
  const auto expect_new = [&cells](const wire::ViewCell& cell) {
    EXPECT_EQ(std::count(cells.begin(), cells.end(), cell), 0);
    cells.push_back(cell);
  };
  f.table.Apply(At(0), Short(1, 2, State::kAlive));
  expect_new(f.table.view_cell());
  f.table.Apply(At(0), Full(1, 2, State::kAlive, 2));
  expect_new(f.table.view_cell());
  f.table.Apply(At(0), Short(1, 2, State::kFailed, 2));
  expect_new(f.table.view_cell());
  expect_new(f.table.tombstone_cell());
  f.table.Apply(At(0), Short(1, 2, State::kLeft, 2));
  expect_new(f.table.tombstone_cell());
  f.table.Apply(At(0), Short(1, 2, State::kPruned, 2));
  expect_new(f.table.tombstone_cell());
}

TEST(MemberTableTest, CellsDependOnContentsAndNotOnTheWayThere) {
  Fixture one;
  one.table.Apply(At(0), Full(1, 1, State::kAlive));
  one.table.Apply(At(0), Full(2, 1, State::kFailed));
  one.table.Apply(At(9), Full(1, 3, State::kAlive, 4));

  Fixture other;
  other.table.Apply(At(5), Full(2, 1, State::kFailed));
  other.table.Apply(At(5), Full(3, 1, State::kFailed));
  other.table.Apply(At(5), Full(1, 3, State::kSuspect, 4));
  other.table.Remove(static_cast<uint32_t>(other.table.IndexOf(IdOf(3))));

  EXPECT_EQ(one.table.view_cell(), other.table.view_cell());
  EXPECT_EQ(one.table.tombstone_cell(), other.table.tombstone_cell());
  EXPECT_EQ(one.table.view_cell().count, 2u);
}

// ---- Limits ----

TEST(MemberTableTest, OfTwoIdsWithOneFirstHalfTheSecondIsRefused) {
  Fixture f(kPlenty, kPlenty);
  for (const State state : {State::kAlive, State::kFailed}) {
    f.table.Apply(At(0), Full(1, 1, state));
    wire::Update twin = Full(2, 1, State::kAlive);
    twin.id = {IdOf(1).hi, IdOf(1).lo + 1};
    const Change change = f.table.Apply(At(0), twin);
    EXPECT_EQ(change.kind, Kind::kHalfTaken);
    EXPECT_FALSE(change.is_news());
    EXPECT_EQ(f.table.Find(twin.id), nullptr);
    EXPECT_EQ(f.table.Find(twin.id.Half())->id(), IdOf(1));
  }
}

TEST(MemberTableTest, UnknownMembersAreAddedUpToTheLimit) {
  for (const State state : {State::kAlive, State::kSuspect, State::kLeaving}) {
    Fixture f(3, kPlenty);
    EXPECT_EQ(f.table.Apply(At(0), Full(1, 1, State::kAlive)).kind, Kind::kAdded);
    EXPECT_EQ(f.table.Apply(At(0), Full(2, 1, state)).kind, Kind::kAdded) << "at the limit";
    const Change beyond = f.table.Apply(At(0), Full(3, 1, state));
    EXPECT_EQ(beyond.kind, Kind::kFull);
    EXPECT_FALSE(beyond.is_news());
    EXPECT_EQ(f.table.Find(IdOf(3)), nullptr);
    EXPECT_EQ(f.table.Apply(At(0), Full(3, 1, State::kFailed)).kind, Kind::kAdded)
        << "a tombstone takes no place of theirs";
    EXPECT_EQ(f.table.Apply(At(0), Full(3, 2, State::kAlive)).kind, Kind::kState)
        << "whom we know may come back";
    f.table.Apply(At(0), Full(1, 1, State::kLeft));
    f.table.Apply(At(0), Full(2, 1, State::kLeft));
    EXPECT_EQ(f.table.Apply(At(0), Full(4, 1, state)).kind, Kind::kAdded) << "there is room again";
  }
}

TEST(MemberTableTest, OfTooManyTombstonesTheOldestGoes) {
  Fixture f(kPlenty, 2);
  f.table.Apply(At(0), Aged(Full(1, 1, State::kFailed), 30));
  EXPECT_FALSE(f.table.Apply(At(0), Aged(Full(2, 1, State::kLeft), 10)).evicted) << "at the limit";
  const Change change = f.table.Apply(At(0), Aged(Full(3, 1, State::kPruned), 20));
  EXPECT_EQ(change.kind, Kind::kAdded);
  ASSERT_TRUE(change.evicted);
  EXPECT_EQ(change.evicted->id, IdOf(1));
  EXPECT_EQ(f.table.Find(IdOf(1)), nullptr);
  EXPECT_EQ(f.table.IndexOf(IdOf(3)), static_cast<int64_t>(change.index));
  EXPECT_EQ(f.table.tombstone_count(), 2u);

  for (const uint32_t age : {20u, 21u}) {
    const Change older = f.table.Apply(At(0), Aged(Full(4, 1, State::kFailed), age));
    EXPECT_EQ(older.kind, Kind::kFull) << "it would be the oldest itself";
    EXPECT_EQ(f.table.Find(IdOf(4)), nullptr);
  }
}

TEST(MemberTableTest, AMemberThatFailsPushesOutTheOldestAndKeepsItsOwnPlaceKnown) {
  // Positions: 0 itself, 1 and 2 the tombstones, then the members that fail.
  for (const uint64_t fails : {3u, 4u}) {
    Fixture f(kPlenty, 2);
    f.table.Apply(At(0), Aged(Full(1, 1, State::kFailed), 10));
    f.table.Apply(At(0), Aged(Full(2, 1, State::kFailed), 30));
    f.table.Apply(At(0), Full(3, 1, State::kAlive));
    f.table.Apply(At(0), Full(4, 1, State::kAlive));
    const Change change = f.table.Apply(At(0), Aged(Short(fails, 1, State::kFailed), 60));
    EXPECT_EQ(change.kind, Kind::kState);
    ASSERT_TRUE(change.evicted);
    EXPECT_EQ(change.evicted->id, IdOf(2));
    EXPECT_EQ(f.table[change.index].id(), IdOf(fails)) << "also where the removal moved it";
    EXPECT_EQ(f.table[change.index].state, State::kFailed);
    EXPECT_EQ(f.table.size(), 4u);
  }
}

TEST(MemberTableTest, OurselvesAreNeverEvicted) {
  Fixture f(kPlenty, 1);
  f.table.Apply(At(0), Aged(Short(0, 1, State::kLeft), 60));
  EXPECT_EQ(f.table.Apply(At(0), Full(1, 1, State::kFailed)).kind, Kind::kFull);
  f.table.Apply(At(0), Full(2, 1, State::kAlive));
  EXPECT_FALSE(f.table.Apply(At(0), Short(2, 1, State::kFailed)).evicted);
  EXPECT_EQ(f.table.self().id(), IdOf(0));
  EXPECT_EQ(f[2].state, State::kFailed) << "a known member's verdict is never refused";
}

// ---- Fields outside the merge, removal, memory ----

TEST(MemberTableTest, RemovingMovesTheLastIntoTheGap) {
  Fixture f;
  for (uint64_t n = 1; n <= 4; ++n) f.table.Apply(At(0), Full(n, 1, State::kFailed));
  f.table.Remove(2);
  EXPECT_EQ(f.table.IndexOf(IdOf(2)), -1);
  EXPECT_EQ(f.table.IndexOf(IdOf(4)), 2);
  EXPECT_EQ(f.table[2].id(), IdOf(4));
  f.table.Remove(3);
  EXPECT_EQ(f.table.IndexOf(IdOf(3)), -1) << "the last itself";
  EXPECT_EQ(f.table.size(), 3u);
  EXPECT_EQ(f.table.tombstone_count(), 2u);
  EXPECT_EQ(f.table.Apply(At(0), Full(2, 1, State::kAlive)).kind, Kind::kAdded);
}

TEST(MemberTableDeathTest, OnlyTombstonesOfOthersAreRemoved) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 1, State::kAlive));
  f.table.Apply(At(0), Short(0, 1, State::kLeft));
  EXPECT_DEATH(f.table.Remove(0), "check failed");
  EXPECT_DEATH(f.table.Remove(1), "check failed");
  EXPECT_DEATH(f.table.Remove(2), "check failed");
}

TEST(MemberTableTest, HealthImpairmentAndRoundTripBelongToTheRunThatWasMeasured) {
  Fixture f;
  f.table.Apply(At(0), Full(1, 1, State::kAlive));
  f.table.SetHealth(1, 8);
  f.table.SetUdpImpaired(1, true);
  f.table.AddRttSample(1, Duration::Millis(4));
  f.table.Apply(At(0), Short(1, 2, State::kAlive));
  EXPECT_EQ(f[1].health, 8);
  EXPECT_EQ(f[1].udp_impaired, 1);
  EXPECT_EQ(f[1].srtt_us8, 500);
  f.table.Apply(At(0), Short(1, 2, State::kFailed));
  EXPECT_EQ(f[1].health, 0);
  EXPECT_EQ(f[1].udp_impaired, 0);
  EXPECT_EQ(f[1].srtt_us8, 500) << "the path is still the same";
}

TEST(MemberTableTest, AMemberCosts48BytesAtMostAtAnyLargeSize) {
  static_assert(sizeof(MemberView) == 32);
  RecordPool pool;
  MemberTable table(&pool, 20'000, kPlenty);
  size_t most = 0;
  for (uint64_t n = 0; n < 10'000; ++n) {
    table.Apply(At(0), Full(n, 1, State::kAlive));
    if (n >= 1000) most = std::max(most, table.BytesUsed() * 1000 / table.size());
  }
  EXPECT_LE(most, 48'000u) << "thousandths of a byte";
  RecordProperty("most_millibytes_per_member", static_cast<int>(most));
  RecordProperty("millibytes_per_member_at_10000",
                 static_cast<int>(table.BytesUsed() * 1000 / table.size()));
}

}  // namespace
}  // namespace muster::core
