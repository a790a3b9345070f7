#include "src/sim/core_process.h"

#include <string>

#include "gtest/gtest.h"
#include "src/core/member_record.h"
#include "src/wire/limits.h"
#include "tests/testing/forge.h"

namespace muster::sim {
namespace {

using core::EventType;

class CoreProcessTest : public ::testing::Test {
 protected:
  static constexpr TimePoint kNow = TimePoint::FromMicros(5'000'000);
  CoreProcessTest() : process_(Options(), Identity(), 1, kNow, &pool_, {}, {}) {}
  static core::Options Options() { return core::Options::For(core::Profile::kLan); }
  static core::Identity Identity() {
    core::Identity identity;
    identity.id = testing::TestId(1);
    identity.attributes.name = "a";
    identity.attributes.address = Address::V4(0x0a000001, kDefaultPort);
    return identity;
  }

  core::RecordPool pool_;
  CoreProcess process_;
};

TEST_F(CoreProcessTest, ShowsTheViewOfItsNode) {
  Outputs out;
  process_.OnStart(kNow, out);
  EXPECT_EQ(process_.UpCount(), 1u);
  EXPECT_EQ(process_.ViewHash(), process_.node().members().view_cell().hash);
  EXPECT_EQ(process_.StandingOf(0, testing::TestId(1)), Standing::kAlive);
  EXPECT_EQ(process_.StandingOf(1, testing::TestId(2)), Standing::kUnknown);
  EXPECT_EQ(process_.DatagramBytesMax(), wire::limits::kDatagramBytesMax);
  EXPECT_EQ(process_.StreamBudget(), Options().stream_budget);
  EXPECT_EQ(process_.digest(), process_.node().digest());
}

TEST_F(CoreProcessTest, CutsOneFrameAtATime) {
  const std::string frames("\0\0\0\3abc\0\0\0\1d", 12);
  EXPECT_EQ(process_.MessageSize(frames), 7u);
  EXPECT_EQ(process_.MessageSize(std::string_view(frames).substr(7)), 5u);
}

TEST(SightOfTest, OnlyChangesThatAllProtocolsHaveAreSights) {
  const auto of = [](EventType type) {
    core::Event event;
    event.type = type;
    Sight sight = Sight::kLeft;
    return SightOf(event, &sight) ? SightName(sight) : "none";
  };
  EXPECT_STREQ(of(EventType::kMemberJoined), "joined");
  EXPECT_STREQ(of(EventType::kMemberSuspected), "suspected");
  EXPECT_STREQ(of(EventType::kMemberRefuted), "refuted");
  EXPECT_STREQ(of(EventType::kMemberFailed), "failed");
  EXPECT_STREQ(of(EventType::kMemberLeft), "left");
  EXPECT_STREQ(of(EventType::kMemberReturned), "returned");
  EXPECT_STREQ(of(EventType::kMemberLeaving), "none");
  EXPECT_STREQ(of(EventType::kMemberUpdated), "none");
  EXPECT_STREQ(of(EventType::kSelfHealth), "none");
}

}  // namespace
}  // namespace muster::sim
