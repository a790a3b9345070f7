#include "src/core/options.h"

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace muster::core {
namespace {

TEST(OptionsTest, ProfilesHaveTheirDocumentedTimesAndAreValid) {
  struct Case {
    Profile profile;
    const char* name;
    Duration period;
    Duration tolerance;
  };
  const Case cases[] = {
      {Profile::kLocal, "local", Duration::Millis(250), Duration::Seconds(1)},
      {Profile::kLan, "lan", Duration::Seconds(1), Duration::Seconds(4)},
      {Profile::kWan, "wan", Duration::Seconds(2), Duration::Seconds(12)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Options options = Options::For(c.profile);
    EXPECT_EQ(options.period, c.period);
    EXPECT_EQ(options.tolerance, c.tolerance);
    EXPECT_TRUE(options.Validate().ok()) << options.Validate();
    EXPECT_STREQ(ProfileName(c.profile), c.name);
    Profile parsed = c.profile == Profile::kLan ? Profile::kWan : Profile::kLan;
    ASSERT_TRUE(ParseProfile(c.name, &parsed).ok());
    EXPECT_EQ(parsed, c.profile);
  }
  EXPECT_TRUE(Options().Validate().ok());
}

TEST(OptionsTest, AnUnknownProfileIsRefusedWithTheKnownOnes) {
  for (const char* text : {"", "LAN", "lan ", "satellite"}) {
    Profile profile = Profile::kWan;
    const absl::Status status = ParseProfile(text, &profile);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()),
              "unknown profile '" + std::string(text) + "': must be local, lan or wan");
    EXPECT_EQ(profile, Profile::kWan) << "untouched";
  }
}

struct Bound {
  const char* name;
  std::function<void(Options*)> at_limit;
  std::function<void(Options*)> beyond;
  const char* message;
};

void PrintTo(const Bound& bound, std::ostream* out) { *out << bound.name; }

class OptionsBoundTest : public ::testing::TestWithParam<Bound> {};

TEST_P(OptionsBoundTest, IsValidAtTheLimitAndRefusedBeyondWithNameValueAndRange) {
  Options options;
  GetParam().at_limit(&options);
  EXPECT_TRUE(options.Validate().ok()) << options.Validate();
  options = Options();
  GetParam().beyond(&options);
  const absl::Status status = options.Validate();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), GetParam().message);
}

const Bound kTimes[] = {
    {"tolerance_low",
     [](Options* o) { o->tolerance = Duration::Millis(250), o->period = Duration::Millis(125); },
     [](Options* o) { o->tolerance = Duration::Millis(249); },
     "tolerance is 249ms: must be from 250ms to 10m"},
    {"tolerance_high", [](Options* o) { o->tolerance = Duration::Seconds(600); },
     [](Options* o) { o->tolerance = Duration::Seconds(601); },
     "tolerance is 601s: must be from 250ms to 10m"},
    {"period_low", [](Options* o) { o->period = Duration::Millis(50); },
     [](Options* o) { o->period = Duration::Millis(49); },
     "period is 49ms: must be from 50ms to 2s"},
    {"period_half_tolerance", [](Options* o) { o->period = Duration::Seconds(2); },
     [](Options* o) { o->period = Duration::Millis(2001); },
     "period is 2001ms: must be from 50ms to 2s"},
    {"period_high",
     [](Options* o) { o->tolerance = Duration::Seconds(600), o->period = Duration::Seconds(60); },
     [](Options* o) { o->tolerance = Duration::Seconds(600), o->period = Duration::Seconds(61); },
     "period is 61s: must be from 50ms to 1m"},
    {"ack_timeout_min", [](Options* o) { o->ack_timeout_min = Duration::Millis(1); },
     [](Options* o) { o->ack_timeout_min = Duration::Zero(); },
     "ack_timeout_min is 0us: must be from 1ms to 10s"},
    {"ack_timeout_max", [](Options* o) { o->ack_timeout_max = o->ack_timeout_min; },
     [](Options* o) { o->ack_timeout_max = Duration::Millis(19); },
     "ack_timeout_max is 19ms: must be from 20ms to 10s"},
    {"push_interval", [](Options* o) { o->push_interval = o->push_gap_min = Duration::Millis(10); },
     [](Options* o) { o->push_interval = Duration::Millis(9); },
     "push_interval is 9ms: must be from 10ms to 10s"},
    {"push_gap_min", [](Options* o) { o->push_gap_min = o->push_interval; },
     [](Options* o) { o->push_gap_min = Duration::Millis(101); },
     "push_gap_min is 101ms: must be from 0us to 100ms"},
    {"join_retry_max", [](Options* o) { o->join_retry_max = Duration::Millis(500); },
     [](Options* o) { o->join_retry_max = Duration::Millis(499); },
     "join_retry_max is 499ms: must be from 500ms to 1h"},
    {"leave_budget", [](Options* o) { o->leave_budget = Duration::Millis(100); },
     [](Options* o) { o->leave_budget = Duration::Millis(99); },
     "leave_budget is 99ms: must be from 100ms to 10m"},
    {"stream_budget", [](Options* o) { o->stream_budget = Duration::Seconds(600); },
     [](Options* o) { o->stream_budget = Duration::Seconds(601); },
     "stream_budget is 601s: must be from 100ms to 10m"},
    {"leaving_for", [](Options* o) { o->leaving_for = Duration::Zero(); },
     [](Options* o) { o->leaving_for = Duration::Micros(-1); },
     "leaving_for is -1us: must be from 0us to 10m"},
    {"tombstone_for",
     [](Options* o) { o->tombstone_for = o->tombstone_quiet = Duration::Seconds(1); },
     [](Options* o) { o->tombstone_for = Duration::Millis(999); },
     "tombstone_for is 999ms: must be from 1s to 30d"},
    {"tombstone_quiet", [](Options* o) { o->tombstone_quiet = o->tombstone_for; },
     [](Options* o) { o->tombstone_quiet = o->tombstone_for + Duration::Seconds(1); },
     "tombstone_quiet is 86401s: must be from 0us to 1d"},
};

const Bound kCounts[] = {
    {"rings_low", [](Options* o) { o->rings = 1; }, [](Options* o) { o->rings = 0; },
     "rings is 0: must be from 1 to 16"},
    {"rings_high", [](Options* o) { o->rings = 16; }, [](Options* o) { o->rings = 17; },
     "rings is 17: must be from 1 to 16"},
    {"extra_probe_periods_low", [](Options* o) { o->extra_probe_periods = 1; },
     [](Options* o) { o->extra_probe_periods = 0; },
     "extra_probe_periods is 0: must be from 1 to 1000"},
    {"extra_probe_periods_high", [](Options* o) { o->extra_probe_periods = 1000; },
     [](Options* o) { o->extra_probe_periods = 1001; },
     "extra_probe_periods is 1001: must be from 1 to 1000"},
    {"relays_low", [](Options* o) { o->relays = 0; }, [](Options* o) { o->relays = -1; },
     "relays is -1: must be from 0 to 8"},
    {"relays_high", [](Options* o) { o->relays = 8; }, [](Options* o) { o->relays = 9; },
     "relays is 9: must be from 0 to 8"},
    {"push_fanout", [](Options* o) { o->push_fanout = 1; }, [](Options* o) { o->push_fanout = 0; },
     "push_fanout is 0: must be from 1 to 32"},
    {"copies", [](Options* o) { o->copies = 100; }, [](Options* o) { o->copies = 101; },
     "copies is 101: must be from 1 to 100"},
    {"copies_when_busy", [](Options* o) { o->copies_when_busy = 9; },
     [](Options* o) { o->copies_when_busy = 10; }, "copies_when_busy is 10: must be from 1 to 9"},
    {"queue_high", [](Options* o) { o->queue_high = 1; }, [](Options* o) { o->queue_high = 0; },
     "queue_high is 0: must be from 1 to 1000000"},
    {"gossip_rate", [](Options* o) { o->gossip_bytes_per_second = 1200; },
     [](Options* o) { o->gossip_bytes_per_second = 1199; },
     "gossip_bytes_per_second is 1199: must be from 1200 to 1000000000"},
    {"gossip_burst", [](Options* o) { o->gossip_burst_bytes = 1200; },
     [](Options* o) { o->gossip_burst_bytes = 1199; },
     "gossip_burst_bytes is 1199: must be from 1200 to 1000000000"},
    {"bulk_rate", [](Options* o) { o->bulk_bytes_per_second = 1'000'000'000; },
     [](Options* o) { o->bulk_bytes_per_second = 1'000'000'001; },
     "bulk_bytes_per_second is 1000000001: must be from 1200 to 1000000000"},
    {"bulk_burst", [](Options* o) { o->bulk_burst_bytes = 65'540; },
     [](Options* o) { o->bulk_burst_bytes = 65'539; },
     "bulk_burst_bytes is 65539: must be from 65540 to 1000000000"},
    {"streams_max", [](Options* o) { o->streams_max = 4096; },
     [](Options* o) { o->streams_max = 4097; }, "streams_max is 4097: must be from 1 to 4096"},
    {"tombstones_max", [](Options* o) { o->tombstones_max = 1; },
     [](Options* o) { o->tombstones_max = 0; }, "tombstones_max is 0: must be from 1 to 1000000"},
    {"members_max", [](Options* o) { o->members_max = 1'000'000; },
     [](Options* o) { o->members_max = 1'000'001; },
     "members_max is 1000001: must be from 1 to 1000000"},
    {"epoch_jump_low", [](Options* o) { o->epoch_jump_max = 1; },
     [](Options* o) { o->epoch_jump_max = 0; },
     "epoch_jump_max is 0: must be from 1 to 549755813888"},
    {"epoch_jump_high", [](Options* o) { o->epoch_jump_max = uint64_t{1} << 39; },
     [](Options* o) { o->epoch_jump_max = ~uint64_t{0}; },
     "epoch_jump_max is 4611686018427387904: must be from 1 to 549755813888"},
};

std::string NameOf(const ::testing::TestParamInfo<Bound>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Times, OptionsBoundTest, ::testing::ValuesIn(kTimes), NameOf);
INSTANTIATE_TEST_SUITE_P(Counts, OptionsBoundTest, ::testing::ValuesIn(kCounts), NameOf);

}  // namespace
}  // namespace muster::core
