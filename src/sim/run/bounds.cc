#include "src/sim/run/bounds.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/core/member_record.h"
#include "src/sim/run/run.h"

namespace muster::sim {
namespace {

// An entry of the view with its share of the index (src/core/README.md).
constexpr size_t kViewEntryBytes = 48;
// A member in full on the wire beside its name and tags: id, incarnation, address, times.
constexpr size_t kFullUpdateBytes = 80;
// An accuser asks again so often while a suspicion is open.
constexpr Duration kRepeatMax = Duration::Millis(250);

double Seconds(Duration span) { return static_cast<double>(span.micros()) / 1e6; }

std::string Text(Duration span) { return FormatDuration(span); }

// Of an idle member, headers included, seen in a cluster of eight that run for two minutes.
double IdlePacketBytes(const core::Options& options) {
  Plan plan;
  plan.members = 8;
  plan.options = options;
  plan.duration = std::max(Duration::Seconds(20), options.period * 60);
  const RunResult result = Run(plan);
  return result.bytes_mean / result.packets_mean;
}

// The chance that one round of all UDP paths to a live member fails: direct there and back, and
// each of the relays on four legs. TCP is left out: it makes up for lost packets only after a
// second.
double RoundFails(const Circumstances& c) {
  const double kept = 1 - static_cast<double>(c.loss_ppm) / 1e6;
  const int relays = std::min(c.options.relays, std::max(0, c.members - 2));
  return (1 - std::pow(kept, 2)) * std::pow(1 - std::pow(kept, 4), relays);
}

Duration Repeat(const core::Options& options) {
  return std::min(kRepeatMax, options.tolerance / 16);
}

// Nobody is failed before this many rounds in a row failed.
double FalseFailuresADay(const Circumstances& c) {
  const double rounds = Seconds(c.options.tolerance) / Seconds(Repeat(c.options));
  const double probes = 86'400 / Seconds(c.options.period);
  return probes * c.members * std::pow(RoundFails(c), rounds + 1);
}

void AddDetection(const Circumstances& c, std::vector<Bound>* bounds) {
  const core::Options& o = c.options;
  const double period = Seconds(o.period);
  const double tolerance = Seconds(o.tolerance);
  const double longest = Seconds(o.ack_timeout_max);
  const int observers = std::min(c.members - 1, o.rings);
  const auto add = [&](const char* key, const char* title, double value, Unit unit,
                       std::string why) {
    bounds->push_back({key, title, value, unit, std::move(why)});
  };
  add("tolerance", "silence that is always forgiven", tolerance, Unit::kSeconds,
      "T: --tolerance, or by the profile");
  add("period", "each member is probed every", period, Unit::kSeconds,
      "P: by the profile, at most T/4 where --tolerance is given");
  add("observers", "members that probe each member",
      c.members <= o.rings + 1 ? c.members - 1 : observers, Unit::kCount,
      absl::StrCat("min(n - 1, ", o.rings, " rings)"));
  add("first_probe_mean", "a crash waits for its first probe, mean", period / 2, Unit::kSeconds,
      "P/2: observers come P apart, a crash at a random moment between two");
  add("first_probe_latest", "... and at most, with no packet lost", period * 1.5, Unit::kSeconds,
      "1.5 P: the latest free place in a member's timetable");
  add("paths_latest", "direct probe, relays and TCP take at most", longest * 3, Unit::kSeconds,
      absl::StrCat("3 x ", Text(o.ack_timeout_max),
                   ": the longest ack timeout, direct, of a relay, and for its word"));
  add("detection_earliest", "nobody is called failed before", tolerance, Unit::kSeconds,
      "T: silent for less is forgiven");
  add("detection_mean", "a crash is first reported after, mean", period / 2 + tolerance,
      Unit::kSeconds, "P/2 + T, and a few round trips");
  add("detection_latest", "a crash is known everywhere within", tolerance + period + longest * 2,
      Unit::kSeconds,
      absl::StrCat("T + P + 2 x ", Text(o.ack_timeout_max),
                   ", with a third of the members alive and little loss"));
  add("detection_lonely", "... by one who hears nobody else, or one other",
      c.members <= 2 ? tolerance * 2 : std::max(60.0, tolerance * 2), Unit::kSeconds,
      c.members <= 2 ? "2 T: no third member confirms"
                     : "max(2 T, 1 min): it may itself be cut off");
}

void AddNews(const Circumstances& c, std::vector<Bound>* bounds) {
  const core::Options& o = c.options;
  const auto add = [&](const char* key, const char* title, double value, Unit unit,
                       std::string why) {
    bounds->push_back({key, title, value, unit, std::move(why)});
  };
  const bool reaches_all = c.members - 1 <= o.copies;
  const double rounds =
      reaches_all ? 1 : std::ceil(std::log(c.members) / std::log(1.0 + o.push_fanout));
  add("gossip", "news reaches all within about", rounds * Seconds(o.push_interval + c.latency),
      Unit::kSeconds,
      reaches_all
          ? absl::StrCat("one push to all: up to ", o.copies, " other members are told at once")
          : absl::StrFormat("%.0f pushes to %d members each, %s apart: log(n) to base %d", rounds,
                            o.push_fanout, Text(o.push_interval), o.push_fanout + 1));
  const double table = c.members * static_cast<double>(kFullUpdateBytes + c.attribute_bytes);
  add("join_bytes", "a joiner is sent about", table, Unit::kBytes,
      absl::StrCat("n x (", kFullUpdateBytes, " + ", c.attribute_bytes, " of name and tags)"));
  add("join_time", "... within about",
      Seconds(c.latency * 8) + std::max(0.0, table - static_cast<double>(o.bulk_burst_bytes)) /
                                   static_cast<double>(o.bulk_bytes_per_second),
      Unit::kSeconds,
      absl::StrCat("four round trips, and what exceeds ", o.bulk_burst_bytes, " bytes at ",
                   o.bulk_bytes_per_second, " bytes a second"));
  add("join_retry_max", "an unanswered join is repeated at least every", Seconds(o.join_retry_max),
      Unit::kSeconds, "50 ms, doubling to this, for ever");
  add("leave_latest", "a leaving member is gone within", Seconds(o.leave_budget), Unit::kSeconds,
      "the budget for its peers' receipts; they confirm after two round trips");
  add("tombstones", "a failed or left member is listed for", Seconds(o.tombstone_for),
      Unit::kSeconds, absl::StrCat("at most ", o.tombstones_max, " of them"));
}

void AddCost(const Circumstances& c, std::vector<Bound>* bounds) {
  const core::Options& o = c.options;
  const auto add = [&](const char* key, const char* title, double value, Unit unit,
                       std::string why) {
    bounds->push_back({key, title, value, unit, std::move(why)});
  };
  const double packets = (2 + 2.0 / o.extra_probe_periods) / Seconds(o.period);
  const double each = IdlePacketBytes(o);
  add("idle_packets", "an idle member sends, packets", packets, Unit::kPerSecond,
      absl::StrCat("a ping and an ack every P, and as many every ", o.extra_probe_periods,
                   " P at random; loss adds to it"));
  add("idle_bytes", "an idle member sends, bytes", packets * each, Unit::kBytesPerSecond,
      absl::StrFormat("%.0f bytes a packet, 28 of headers among them, whatever n", each));
  add("idle_bytes_cluster", "all members together", packets * each * c.members,
      Unit::kBytesPerSecond, "n times that");
  add("gossip_limit", "gossip of one member is limited to",
      static_cast<double>(o.gossip_bytes_per_second), Unit::kBytesPerSecond,
      absl::StrCat("a token bucket, with bursts of ", o.gossip_burst_bytes, " bytes"));
  const size_t record = sizeof(core::MemberRecord) + c.attribute_bytes;
  add("memory", "one agent's table takes about",
      c.members * static_cast<double>(kViewEntryBytes + record), Unit::kBytes,
      absl::StrCat("n x (", kViewEntryBytes, " of view + ", record, " of name, address and tags)"));
}

}  // namespace

std::vector<Bound> BoundsOf(const Circumstances& circumstances) {
  std::vector<Bound> bounds;
  AddDetection(circumstances, &bounds);
  AddNews(circumstances, &bounds);
  AddCost(circumstances, &bounds);
  return bounds;
}

std::vector<std::string> WarningsOf(const Circumstances& c) {
  const core::Options& o = c.options;
  std::vector<std::string> warnings;
  // A round trip and its tail, on the way to a relay and on to the member.
  const Duration slow_round = c.latency * 10 * 4;
  if (slow_round * 2 > o.tolerance) {
    warnings.push_back(absl::StrCat("a tolerance of ", Text(o.tolerance),
                                    " leaves no room for two slow round trips through a "
                                    "relay (",
                                    Text(slow_round), " each at a latency of ", Text(c.latency),
                                    "): raise --tolerance to ", Text(slow_round * 4), " or more"));
  }
  if (c.latency * 20 > o.ack_timeout_max) {
    warnings.push_back(absl::StrCat("one in a hundred round trips of ", Text(c.latency * 20),
                                    " is longer than the longest ack "
                                    "timeout, ",
                                    Text(o.ack_timeout_max),
                                    ": many probes will take the way through relays"));
  }
  if (o.period > o.tolerance / 4) {
    warnings.push_back(absl::StrCat("only ", o.tolerance / o.period,
                                    " probes fit into a tolerance of ", Text(o.tolerance),
                                    " at a period of ", Text(o.period), ": choose a period of ",
                                    Text(o.tolerance / 4), " or less"));
  }
  if (c.loss_ppm >= 400'000) {
    warnings.push_back(
        "at a loss of 40 % or more nothing is promised: members count as sick rather than silent");
  } else if (const double failures = FalseFailuresADay(c); failures > 0.01) {
    warnings.push_back(absl::StrFormat(
        "at this loss about %.2g false failures a day are to be expected in all: raise --tolerance",
        failures));
  }
  if (c.members > o.members_max) {
    warnings.push_back(absl::StrCat("members beyond ", o.members_max,
                                    " are refused at the door: raise --max-members to ", c.members,
                                    " or more"));
  }
  if (c.members <= 2) {
    warnings.push_back(
        "with two members nobody confirms a verdict: each waits twice the tolerance; three do "
        "better");
  }
  return warnings;
}

}  // namespace muster::sim
