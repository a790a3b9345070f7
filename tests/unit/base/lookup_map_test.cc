#include "src/base/lookup_map.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace {

template <typename Map>
concept Iterable = requires(Map map) {
  map.begin();
}
|| requires(Map map) { begin(map); };

// What the class is for: a walk over it must not compile.
static_assert(!Iterable<LookupMap<int, int>>);
static_assert(!Iterable<const LookupMap<std::string, int>>);
static_assert(Iterable<absl::flat_hash_map<int, int>>, "the check itself works");

TEST(LookupMap, InsertsFindsErases) {
  LookupMap<std::string, int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.Insert("a", 1));
  EXPECT_FALSE(map.Insert("a", 2)) << "an existing value was replaced";
  ASSERT_NE(map.Find("a"), nullptr);
  EXPECT_EQ(*map.Find("a"), 1);
  *map.Find("a") = 3;
  EXPECT_EQ(map["a"], 3);
  EXPECT_EQ(map["b"], 0);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_TRUE(map.contains("b"));
  EXPECT_TRUE(map.Erase("b"));
  EXPECT_FALSE(map.Erase("b"));
  const LookupMap<std::string, int>& constant = map;
  EXPECT_EQ(constant.Find("b"), nullptr);
  map.clear();
  EXPECT_TRUE(map.empty());
}

}  // namespace
}  // namespace muster
