#include "src/core/rtt.h"

#include <vector>

#include "gtest/gtest.h"

namespace muster::core {
namespace {

MemberView After(const std::vector<int64_t>& samples_us) {
  MemberView member;
  for (const int64_t us : samples_us) AddRttSample(Duration::Micros(us), &member);
  return member;
}

// RFC 6298 section 2, to the unit of 8 us.
TEST(RttTest, FollowsTheEstimatorOfRfc6298) {
  struct Case {
    std::vector<int64_t> samples_us;
    int64_t srtt_us;
    int64_t rttvar_us;
  };
  const Case cases[] = {
      {{800}, 800, 400},
      {{800, 800}, 800, 304},    // 400 - 400/4, rounded to a unit
      {{800, 1600}, 904, 504},   // 800 + 800/8 = 900; 400 + (800 - 400)/4 = 500
      {{1600, 800}, 1504, 800},  // 1600 - 800/8 = 1500; 800 + (800 - 800)/4
      {{8}, 8, 8},               // 4 us of deviation round up
      {{1}, 8, 0},               // zero would mean "never measured"
      {{0}, 8, 0},
      {{-5}, 8, 0},                      // a clock of the host that stood still
      {{10'000'000}, 524'280, 262'144},  // the most that 16 bits hold
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.samples_us.back());
    const MemberView member = After(c.samples_us);
    EXPECT_EQ(SmoothedRtt(member).micros(), c.srtt_us);
    EXPECT_EQ(member.rttvar_us8 * 8, c.rttvar_us);
  }
}

TEST(RttTest, ConvergesOnASteadyRoundTripFromBothSides) {
  for (const int64_t first : {100, 100'000}) {
    std::vector<int64_t> samples(200, 5000);
    samples[0] = first;
    const MemberView member = After(samples);
    EXPECT_NEAR(static_cast<double>(SmoothedRtt(member).micros()), 5000, 64);
    EXPECT_LE(member.rttvar_us8 * 8, 64);
  }
}

TEST(RttTest, TheAckTimeoutIsFourDeviationsAboveWithinItsBounds) {
  const Duration low = Duration::Millis(20);
  const Duration high = Duration::Millis(500);
  EXPECT_EQ(SmoothedRtt(MemberView()), Duration::Zero());
  EXPECT_EQ(AckTimeout(MemberView(), low, high), high) << "never measured";
  EXPECT_EQ(AckTimeout(After({100}), low, high), low);
  EXPECT_EQ(AckTimeout(After({40'000}), low, high), Duration::Millis(40 + 4 * 20));
  EXPECT_EQ(AckTimeout(After({400'000}), low, high), high);
}

}  // namespace
}  // namespace muster::core
