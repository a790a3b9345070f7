#include "src/base/position_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace {

struct NameAt {
  const std::vector<std::string>* names;
  const std::string& operator()(uint32_t position) const { return (*names)[position]; }
};
using Index = PositionIndex<std::string, NameAt>;

template <typename T>
concept Iterable = requires(T t) {
  t.begin();
}
|| requires(T t) { begin(t); };
static_assert(!Iterable<Index>);

TEST(PositionIndex, FindsWhereAKeyStands) {
  std::vector<std::string> names = {"a", "b", "c"};
  Index index(NameAt{&names});
  EXPECT_TRUE(index.empty());
  EXPECT_TRUE(index.Insert(0));
  EXPECT_TRUE(index.Insert(2));
  ASSERT_NE(index.Find("c"), nullptr);
  EXPECT_EQ(*index.Find("c"), 2u);
  EXPECT_EQ(index.Find("b"), nullptr) << "it stands there, but was not entered";
  EXPECT_TRUE(index.Erase("c"));
  EXPECT_FALSE(index.Erase("c"));
  EXPECT_EQ(index.Find("c"), nullptr);
  EXPECT_EQ(index.size(), 1u);
}

TEST(PositionIndex, AKeyStandsAtOnePositionOnly) {
  std::vector<std::string> names = {"a", "a"};
  Index index(NameAt{&names});
  EXPECT_TRUE(index.Insert(1));
  EXPECT_FALSE(index.Insert(0));
  EXPECT_EQ(*index.Find("a"), 1u);
}

TEST(PositionIndex, FollowsASequenceThatGrowsAndMoves) {
  std::vector<std::string> names;
  Index index(NameAt{&names});
  for (uint32_t i = 0; i < 1000; ++i) {
    names.push_back(std::to_string(i));
    ASSERT_TRUE(index.Insert(i));
  }
  // The last moves into the gap.
  index.Erase("7");
  index.Erase("999");
  names[7] = names.back();
  names.pop_back();
  ASSERT_TRUE(index.Insert(7));
  EXPECT_EQ(*index.Find("999"), 7u);
  EXPECT_EQ(index.Find("7"), nullptr);
  EXPECT_EQ(*index.Find("998"), 998u);
  EXPECT_EQ(index.size(), 999u);
}

TEST(PositionIndex, IsResetAfterItsSequenceIsGone) {
  std::vector<std::string> names = {"a", "b"};
  Index index(NameAt{&names});
  index.Insert(0);
  index.Insert(1);
  names.clear();
  index.Reset();
  EXPECT_TRUE(index.empty());
  names = {"c"};
  EXPECT_TRUE(index.Insert(0));
  EXPECT_EQ(*index.Find("c"), 0u);
}

}  // namespace
}  // namespace muster
