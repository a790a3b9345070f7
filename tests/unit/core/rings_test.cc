#include "src/core/rings.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using wire::State;

class RingsTest : public ::testing::Test {
 protected:
  RingsTest() : table_(&pool_, 10'000, 10'000) { AddAlive(1, &table_); }

  bool Up(Rings* rings, uint64_t n) {
    table_.Apply(At(0), Full(n, ++incarnation_, State::kAlive));
    return rings->MemberUp(IdOf(n), table_);
  }
  bool Down(Rings* rings, uint64_t n) {
    table_.Apply(At(0), Full(n, incarnation_, State::kFailed));
    return rings->MemberDown(IdOf(n), table_);
  }
  static std::set<HostId> IdsOf(const Rings& rings) {
    std::set<HostId> ids;
    for (const Rings::Target& target : rings.targets()) ids.insert(target.id);
    return ids;
  }

  RecordPool pool_;
  MemberTable table_;
  uint64_t incarnation_ = 1;
};

TEST_F(RingsTest, AloneObservesNobody) {
  Rings rings(IdOf(0), 9);
  EXPECT_TRUE(rings.targets().empty());
  EXPECT_FALSE(rings.MemberUp(IdOf(0), table_)) << "ourselves";
  EXPECT_TRUE(rings.targets().empty());
  EXPECT_FALSE(rings.observes(IdOf(0)));
}

TEST_F(RingsTest, ObserversAreThoseWhoseTargetItIs) {
  constexpr uint64_t kMembers = 40;
  std::vector<Rings> all;
  for (uint64_t n = 0; n < kMembers; ++n) all.emplace_back(IdOf(n), 9);
  table_.Apply(At(0), Full(0, ++incarnation_, State::kAlive));
  for (uint64_t n = 0; n < kMembers; ++n) {
    table_.Apply(At(0), Full(n, ++incarnation_, State::kAlive));
    for (Rings& rings : all) rings.MemberUp(IdOf(n), table_);
  }
  for (uint64_t subject = 0; subject < kMembers; ++subject) {
    std::set<HostId> truly;
    for (uint64_t n = 0; n < kMembers; ++n) {
      if (all[n].observes(IdOf(subject))) truly.insert(IdOf(n));
    }
    const std::vector<HostId> told = all[0].ObserversOf(IdOf(subject), table_);
    EXPECT_EQ(std::set<HostId>(told.begin(), told.end()), truly);
    EXPECT_EQ(told.size(), truly.size()) << "distinct";
  }
}

TEST_F(RingsTest, EveryoneObservesEveryoneUpToOneMoreThanThereAreRings) {
  Rings rings(IdOf(0), 3);
  std::set<HostId> all;
  for (uint64_t n = 1; n <= 3; ++n) {
    EXPECT_TRUE(Up(&rings, n));
    all.insert(IdOf(n));
    EXPECT_EQ(IdsOf(rings), all);
    EXPECT_EQ(rings.targets().size(), n);
    for (const Rings::Target& target : rings.targets()) EXPECT_EQ(target.ring, 1);
    EXPECT_TRUE(rings.observes(IdOf(n)));
  }
  Up(&rings, 4);
  EXPECT_LE(rings.targets().size(), 3u) << "from here on the rings decide";
  Down(&rings, 4);
  EXPECT_EQ(IdsOf(rings), all);
}

TEST_F(RingsTest, TargetsAreDistinctUpAndInTheOrderOfTheirRings) {
  Rings rings(IdOf(0), 9);
  for (uint64_t n = 1; n <= 200; ++n) Up(&rings, n);
  for (uint64_t n = 1; n <= 200; n += 2) Down(&rings, n);
  EXPECT_EQ(IdsOf(rings).size(), rings.targets().size());
  EXPECT_GE(rings.targets().size(), 5u);
  EXPECT_LE(rings.targets().size(), 9u);
  uint8_t last = 0;
  for (const Rings::Target& target : rings.targets()) {
    EXPECT_GT(target.ring, last);
    last = target.ring;
    EXPECT_LE(target.ring, 9);
    EXPECT_NE(target.id, IdOf(0));
    EXPECT_TRUE(table_.Find(target.id)->is_up());
    EXPECT_TRUE(rings.observes(target.id));
  }
}

TEST_F(RingsTest, SaysWhetherTargetsChanged) {
  Rings rings(IdOf(0), 3);
  for (uint64_t n = 1; n <= 100; ++n) {
    const std::vector<Rings::Target> before = rings.targets();
    const bool changed = Up(&rings, n);
    EXPECT_EQ(changed, rings.targets() != before);
  }
  for (uint64_t n = 1; n <= 100; ++n) {
    const std::vector<Rings::Target> before = rings.targets();
    const bool changed = Down(&rings, n);
    EXPECT_EQ(changed, rings.targets() != before);
  }
  EXPECT_TRUE(rings.targets().empty());
}

TEST_F(RingsTest, ARepeatedCallChangesNothing) {
  Rings rings(IdOf(0), 3);
  for (uint64_t n = 1; n <= 20; ++n) Up(&rings, n);
  for (uint64_t n = 1; n <= 20; ++n) EXPECT_FALSE(rings.MemberUp(IdOf(n), table_));
  Down(&rings, 7);
  EXPECT_FALSE(rings.MemberDown(IdOf(7), table_));
}

TEST_F(RingsTest, MembersOfTheTableThatAreNotAnnouncedYetAreNoTargets) {
  Rings rings(IdOf(0), 1);
  for (uint64_t n = 1; n <= 5; ++n) table_.Apply(At(0), Full(n, 1, State::kAlive));
  rings.MemberDown(IdOf(99), table_);
  EXPECT_TRUE(rings.targets().empty());
  rings.MemberUp(IdOf(3), table_);
  EXPECT_EQ(IdsOf(rings), (std::set<HostId>{IdOf(3)}));
}

TEST_F(RingsTest, ARebuildFindsWhoWasNeverAnnounced) {
  Rings announced(IdOf(0), 4);
  for (uint64_t n = 1; n <= 40; ++n) Up(&announced, n);
  Rings rebuilt(IdOf(0), 4);
  EXPECT_TRUE(rebuilt.Rebuild(table_));
  EXPECT_EQ(rebuilt.targets(), announced.targets());
  EXPECT_FALSE(rebuilt.Rebuild(table_));
}

TEST_F(RingsTest, WeGoOnObservingWhileWeLeave) {
  Rings rings(IdOf(0), 2);
  table_.Apply(At(0), Short(0, 1, State::kLeaving));
  Up(&rings, 1);
  Up(&rings, 2);
  EXPECT_EQ(IdsOf(rings), (std::set<HostId>{IdOf(1), IdOf(2)}));
  Up(&rings, 3);
  EXPECT_LE(rings.targets().size(), 2u) << "three others are more than there are rings";
}

TEST_F(RingsTest, TheNumberOfObservers) {
  struct Case {
    size_t up;
    int rings;
    size_t observers;
  };
  const Case cases[] = {{0, 9, 1},  {1, 9, 1},  {2, 9, 1},      {3, 9, 2},  {10, 9, 9},
                        {11, 9, 9}, {12, 3, 3}, {10'000, 9, 9}, {50, 1, 1}, {17, 16, 16}};
  for (const Case& c : cases) {
    EXPECT_EQ(Rings::ObserversOf(c.up, c.rings), c.observers) << c.up << " up, " << c.rings;
  }
}

TEST(RingsDeathTest, NeedsARing) { EXPECT_DEATH(Rings(IdOf(0), 0), "check failed"); }

}  // namespace
}  // namespace muster::core
