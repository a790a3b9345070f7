#include "src/core/options.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::core {
namespace {

struct ProfileRow {
  Profile profile;
  const char* name;
  Duration period;
  Duration tolerance;
};

constexpr ProfileRow kProfiles[] = {
    {Profile::kLocal, "local", Duration::Millis(250), Duration::Seconds(1)},
    {Profile::kLan, "lan", Duration::Seconds(1), Duration::Seconds(4)},
    {Profile::kWan, "wan", Duration::Seconds(2), Duration::Seconds(12)},
};

const ProfileRow& RowOf(Profile profile) {
  const ProfileRow* row =
      std::find_if(std::begin(kProfiles), std::end(kProfiles),
                   [profile](const ProfileRow& r) { return r.profile == profile; });
  return row == std::end(kProfiles) ? kProfiles[1] : *row;
}

struct DurationRange {
  const char* name;
  Duration value;
  Duration low;
  Duration high;
};

struct IntegerRange {
  const char* name;
  int64_t value;
  int64_t low;
  int64_t high;
};

// In the largest unit that holds it exactly, as ParseDuration reads it.
std::string Exactly(Duration d) {
  constexpr std::pair<int64_t, const char*> kUnits[] = {{86'400'000'000, "d"},
                                                        {3'600'000'000, "h"},
                                                        {60'000'000, "m"},
                                                        {1'000'000, "s"},
                                                        {1000, "ms"}};
  for (const auto& [us, suffix] : kUnits) {
    if (d.micros() != 0 && d.micros() % us == 0) return absl::StrCat(d.micros() / us, suffix);
  }
  return absl::StrCat(d.micros(), "us");
}

absl::Status Check(const DurationRange& r) {
  if (r.low <= r.value && r.value <= r.high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(r.name, " is ", Exactly(r.value),
                                                 ": must be from ", Exactly(r.low), " to ",
                                                 Exactly(r.high)));
}

absl::Status Check(const IntegerRange& r) {
  if (r.low <= r.value && r.value <= r.high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(r.name, " is ", r.value, ": must be from ", r.low, " to ", r.high));
}

template <typename Range, size_t N>
absl::Status CheckAll(const Range (&ranges)[N]) {
  for (const Range& range : ranges) {
    if (absl::Status status = Check(range); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckTimes(const Options& o) {
  constexpr Duration kMinute = Duration::Seconds(60);
  constexpr Duration kDay = Duration::Seconds(24 * 3600);
  const DurationRange ranges[] = {
      {"tolerance", o.tolerance, Duration::Millis(250), kMinute * 10},
      {"period", o.period, Duration::Millis(50), std::min(kMinute, o.tolerance / 2)},
      {"ack_timeout_min", o.ack_timeout_min, Duration::Millis(1), Duration::Seconds(10)},
      {"ack_timeout_max", o.ack_timeout_max, o.ack_timeout_min, Duration::Seconds(10)},
      {"probation_min", o.probation_min, Duration::Seconds(1), kDay},
      {"probation_max", o.probation_max, o.probation_min, kDay},
      {"push_interval", o.push_interval, Duration::Millis(10), Duration::Seconds(10)},
      {"push_gap_min", o.push_gap_min, Duration::Zero(), o.push_interval},
      {"join_retry_max", o.join_retry_max, Duration::Millis(500), kMinute * 60},
      {"leave_budget", o.leave_budget, Duration::Millis(100), kMinute * 10},
      {"stream_budget", o.stream_budget, Duration::Millis(100), kMinute * 10},
      {"leaving_for", o.leaving_for, Duration::Zero(), kMinute * 10},
      {"tombstone_for", o.tombstone_for, Duration::Seconds(1), kDay * 30},
      {"tombstone_quiet", o.tombstone_quiet, Duration::Zero(), o.tombstone_for},
  };
  return CheckAll(ranges);
}

absl::Status CheckCounts(const Options& o) {
  constexpr int64_t kGigabyte = 1'000'000'000;
  // One datagram, and one frame of the largest size with its header, must pass a full bucket.
  constexpr int64_t kDatagram = 1200;
  constexpr int64_t kFrame = 64 * 1024 + 4;
  const IntegerRange ranges[] = {
      {"rings", o.rings, 1, 16},
      {"extra_probe_periods", o.extra_probe_periods, 1, 1000},
      {"relays", o.relays, 0, 8},
      {"push_fanout", o.push_fanout, 1, 32},
      {"copies", o.copies, 1, 100},
      {"copies_when_busy", o.copies_when_busy, 1, o.copies},
      {"queue_high", o.queue_high, 1, 1'000'000},
      {"gossip_bytes_per_second", o.gossip_bytes_per_second, kDatagram, kGigabyte},
      {"gossip_burst_bytes", o.gossip_burst_bytes, kDatagram, kGigabyte},
      {"bulk_bytes_per_second", o.bulk_bytes_per_second, kDatagram, kGigabyte},
      {"bulk_burst_bytes", o.bulk_burst_bytes, kFrame, kGigabyte},
      {"streams_max", o.streams_max, 1, 4096},
      {"tombstones_max", o.tombstones_max, 1, 1'000'000},
      {"members_max", o.members_max, 1, 1'000'000},
      {"epoch_jump_max", static_cast<int64_t>(std::min(o.epoch_jump_max, uint64_t{1} << 62)), 1,
       int64_t{1} << 39},
  };
  return CheckAll(ranges);
}

}  // namespace

Options Options::For(Profile profile) {
  const ProfileRow& row = RowOf(profile);
  Options options;
  options.period = row.period;
  options.tolerance = row.tolerance;
  return options;
}

absl::Status Options::Validate() const {
  if (absl::Status status = CheckTimes(*this); !status.ok()) return status;
  return CheckCounts(*this);
}

absl::Status ParseProfile(std::string_view text, Profile* profile) {
  for (const ProfileRow& row : kProfiles) {
    if (text == row.name) {
      *profile = row.profile;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown profile '", ToAbsl(text), "': must be local, lan or wan"));
}

const char* ProfileName(Profile profile) { return RowOf(profile).name; }

}  // namespace muster::core
