#include "src/core/member_record.h"

#include <cstdint>
#include <map>
#include <utility>

#include "gtest/gtest.h"
#include "src/wire/codec.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

TEST(RecordPoolTest, EqualRecordsAreOneObject) {
  RecordPool pool;
  const RecordHandle a = pool.Intern(IdOf(1), AttributesOf(1));
  const RecordHandle b = pool.Intern(IdOf(1), AttributesOf(1));
  EXPECT_EQ(a.get(), b.get());
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(a->id, IdOf(1));
  EXPECT_EQ(a->attributes, AttributesOf(1));
  EXPECT_EQ(a->hash, wire::AttributesHash(AttributesOf(1)));
}

TEST(RecordPoolTest, OtherIdsAndOtherAttributesAreOtherObjects) {
  RecordPool pool;
  const RecordHandle a = pool.Intern(IdOf(1), AttributesOf(1, 1));
  const RecordHandle b = pool.Intern(IdOf(1), AttributesOf(1, 2));
  const RecordHandle c = pool.Intern(IdOf(2), AttributesOf(1, 1));
  EXPECT_NE(a.get(), b.get());
  EXPECT_NE(a.get(), c.get());
  EXPECT_EQ(pool.size(), 3u);
}

TEST(RecordPoolTest, AttributesNeverLearntHaveHashZero) {
  RecordPool pool;
  const RecordHandle unknown = pool.Intern(IdOf(1), wire::Attributes());
  EXPECT_EQ(unknown->hash, 0u);
  EXPECT_EQ(unknown->id, IdOf(1));
  EXPECT_EQ(pool.Intern(IdOf(1), wire::Attributes()).get(), unknown.get());
}

TEST(RecordPoolTest, TheLastHandleFreesTheRecord) {
  RecordPool pool;
  RecordHandle a = pool.Intern(IdOf(1), AttributesOf(1));
  RecordHandle copy = a;
  a = RecordHandle();
  EXPECT_FALSE(a);
  EXPECT_EQ(pool.size(), 1u);
  RecordHandle moved = std::move(copy);
  EXPECT_TRUE(moved);
  EXPECT_EQ(pool.size(), 1u);
  moved = pool.Intern(IdOf(2), AttributesOf(2));
  EXPECT_EQ(pool.size(), 1u);
  moved = RecordHandle();
  EXPECT_EQ(pool.size(), 0u);
}

TEST(RecordPoolTest, AssigningAHandleToItselfKeepsTheRecord) {
  RecordPool pool;
  RecordHandle a = pool.Intern(IdOf(1), AttributesOf(1));
  RecordHandle& alias = a;
  a = alias;
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(a->id, IdOf(1));
}

// Two sets of attributes of one member whose 32-bit hashes agree share a key of the pool.
TEST(RecordPoolTest, EqualHashesOfDifferentAttributesAreKeptApart) {
  std::map<uint32_t, uint64_t> boots;
  uint64_t boot = 1;
  while (boots.emplace(wire::AttributesHash(AttributesOf(1, boot)), boot).second) ++boot;
  const uint64_t other = boots[wire::AttributesHash(AttributesOf(1, boot))];

  for (const bool first_goes_first : {true, false}) {
    RecordPool pool;
    RecordHandle a = pool.Intern(IdOf(1), AttributesOf(1, boot));
    RecordHandle b = pool.Intern(IdOf(1), AttributesOf(1, other));
    ASSERT_EQ(a->hash, b->hash);
    EXPECT_NE(a.get(), b.get());
    EXPECT_EQ(pool.size(), 2u);
    RecordHandle& goes = first_goes_first ? a : b;
    const RecordHandle& stays = first_goes_first ? b : a;
    const uint64_t boot_of_the_other = first_goes_first ? other : boot;
    goes = RecordHandle();
    EXPECT_EQ(pool.size(), 1u);
    EXPECT_EQ(pool.Intern(IdOf(1), AttributesOf(1, boot_of_the_other)).get(), stays.get());
  }
}

TEST(RecordPoolDeathTest, ThePoolMustOutliveItsRecords) {
  EXPECT_DEATH(
      {
        RecordHandle handle;
        RecordPool pool;
        handle = pool.Intern(IdOf(1), AttributesOf(1));
      },
      "check failed: size_ == 0");
}

}  // namespace
}  // namespace muster::core
