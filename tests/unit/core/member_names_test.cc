#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/core/member_table.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using wire::State;

class MemberNamesTest : public ::testing::Test {
 protected:
  MemberNamesTest() : table_(&pool_, 1000, 1000) {}

  // Member `n` under that name, at the address of member `at`.
  void Add(uint64_t n, const std::string& name, State state = State::kAlive, uint64_t at = 0) {
    wire::Update update = Full(n, 1, state);
    update.attributes->name = name;
    update.attributes->address = AttributesOf(at == 0 ? n : at).address;
    table_.Apply(At(0), update);
  }
  // Asked twice: the first answer comes from a walk, the second from the sorted names.
  std::string Shown(uint64_t n) {
    const auto index = static_cast<size_t>(table_.IndexOf(IdOf(n)));
    const std::string walked = table_.DisplayName(index);
    EXPECT_EQ(table_.DisplayName(index), walked);
    EXPECT_EQ(table_.DisplayName(index), walked);
    return walked;
  }
  bool Shared(uint64_t n) {
    const auto index = static_cast<size_t>(table_.IndexOf(IdOf(n)));
    return !table_.WithNamesakes({static_cast<uint32_t>(index)}).empty();
  }
  static std::string Tilde(const std::string& name, uint64_t n) {
    return name + "~" + IdOf(n).ToHex().substr(0, 4);
  }

  RecordPool pool_;
  MemberTable table_;
};

TEST_F(MemberNamesTest, OnlyUpAndLeavingMembersAreFound) {
  Add(0, "a");
  Add(1, "a", State::kSuspect);
  Add(2, "a", State::kLeaving);
  Add(3, "a", State::kFailed);
  Add(4, "a", State::kLeft);
  Add(5, "b");
  EXPECT_EQ(table_.FindByName("a"), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(table_.FindByName("b"), (std::vector<uint32_t>{5}));
  EXPECT_TRUE(table_.FindByName("c").empty());
  EXPECT_TRUE(table_.FindByName("").empty());
}

TEST_F(MemberNamesTest, AddressesAreFoundWithTheirPort) {
  Add(1, "a", State::kAlive, 7);
  Add(2, "b", State::kLeaving, 7);
  Add(3, "c", State::kFailed, 7);
  const Address address = AttributesOf(7).address;
  EXPECT_EQ(table_.FindByAddress(address), (std::vector<uint32_t>{0, 1}));
  EXPECT_TRUE(table_.FindByAddress(address.WithPort(1)).empty());
}

TEST_F(MemberNamesTest, TheLowestLiveIdKeepsTheName) {
  Add(3, "a");
  EXPECT_EQ(Shown(3), "a");
  EXPECT_FALSE(Shared(3));
  Add(2, "a", State::kSuspect);
  Add(9, "a", State::kLeaving);
  Add(1, "b");
  EXPECT_EQ(Shown(2), "a");
  EXPECT_EQ(Shown(3), Tilde("a", 3));
  EXPECT_EQ(Shown(9), Tilde("a", 9));
  EXPECT_EQ(Shown(1), "b");
  EXPECT_TRUE(Shared(2));
  EXPECT_TRUE(Shared(3));
  EXPECT_TRUE(Shared(9));
  EXPECT_FALSE(Shared(1));
}

TEST_F(MemberNamesTest, ManyAreAskedForInOneWalkAndStayInOrder) {
  Add(0, "a");
  Add(1, "b");
  Add(2, "c");
  Add(3, "a", State::kFailed);
  Add(4, "c", State::kSuspect);
  EXPECT_EQ(table_.WithNamesakes({4, 3, 1, 2, 0}), (std::vector<uint32_t>{4, 3, 2}))
      << "a failed member shares a live one's name, but does not make that one share it";
  EXPECT_EQ(table_.WithNamesakes({}), std::vector<uint32_t>());
}

TEST_F(MemberNamesTest, ATombstoneTakesNoName) {
  Add(1, "a", State::kFailed);
  Add(2, "a");
  EXPECT_EQ(Shown(1), "a");
  EXPECT_EQ(Shown(2), "a");
  EXPECT_TRUE(Shared(1)) << "a live member has it too";
  EXPECT_FALSE(Shared(2));
}

TEST_F(MemberNamesTest, TheNameGoesOverWhenItsHolderDies) {
  Add(1, "a");
  Add(2, "a");
  ASSERT_EQ(Shown(2), Tilde("a", 2));
  wire::Update update = Bare(1, 1, State::kFailed);
  table_.Apply(At(0), update);
  EXPECT_EQ(Shown(2), "a");
  EXPECT_EQ(Shown(1), "a");
}

TEST_F(MemberNamesTest, AMemberThatTookANewNameIsShownUnderIt) {
  Add(1, "a");
  Add(2, "a");
  ASSERT_EQ(Shown(2), Tilde("a", 2));
  wire::Update update = Full(1, 2, State::kAlive);
  update.attributes->name = "c";
  table_.Apply(At(0), update);
  EXPECT_EQ(Shown(1), "c");
  EXPECT_EQ(Shown(2), "a");
}

TEST_F(MemberNamesTest, ANameNeverLearntIsShownAsTheIdsBeginning) {
  Add(0, "a");
  table_.Apply(At(0), Short(1, 1, State::kFailed));
  EXPECT_EQ(Shown(1), Tilde("", 1));
  EXPECT_FALSE(Shared(1));
}

TEST_F(MemberNamesTest, NamesFollowPositionsThatMove) {
  Add(0, "a");
  Add(1, "b", State::kFailed);
  Add(2, "c");
  Add(3, "c");
  ASSERT_EQ(Shown(3), Tilde("c", 3));
  table_.Remove(1);
  EXPECT_EQ(Shown(2), "c");
  EXPECT_EQ(Shown(3), Tilde("c", 3));
  EXPECT_EQ(Shown(0), "a");
}

}  // namespace
}  // namespace muster::core
