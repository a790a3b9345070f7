// What idle agents cost, 60 s in which nobody asks them anything.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "bench/cluster/fleet.h"
#include "bench/cluster/peer.h"
#include "bench/cluster/usage.h"
#include "tests/e2e/harness/network.h"

namespace muster::bench {
namespace {

constexpr Duration kStartBudget = Duration::Seconds(120);
constexpr Duration kSettling = Duration::Seconds(20);
constexpr Duration kSpan = Duration::Seconds(60);

Samples ToSamples(const std::vector<double>& values) {
  Samples samples;
  for (const double value : values) samples.Add(value);
  return samples;
}

Samples PrivateMib(const std::vector<pid_t>& pids) {
  Samples samples;
  for (const pid_t pid : pids) samples.Add(static_cast<double>(ReadPrivateKib(pid)) / 1024);
  return samples;
}

void AddRow(const std::string& figure, const std::string& target, const std::string& measured,
            bool met, const std::string& serf, Report* report) {
  report->Add({figure, target, measured, serf, met ? Row::Verdict::kMet : Row::Verdict::kMissed});
}

// Serf's processes beside ours, in the same minute: figures of both under the same load.
void ReportPeer(const UsageRates& ours, const UsageRates& theirs, const Samples& their_mib,
                Report* report) {
  const double our_cpu = ToSamples(ours.cpu_percent).Median();
  const double their_cpu = ToSamples(theirs.cpu_percent).Median();
  AddRow(
      "idle: CPU, Serf beside it in the same minute", "<= a quarter of the peer's",
      absl::StrCat(Fixed(our_cpu, 3), " % against ", Fixed(their_cpu, 3),
                   " %: ", Fixed(our_cpu / their_cpu, 2), " of it"),
      our_cpu <= their_cpu / 4,
      absl::StrCat(Fixed(their_cpu, 3), " %, ", Fixed(ToSamples(theirs.switches_per_s).Median(), 0),
                   " switches/s, ", Fixed(their_mib.Median(), 1), " MiB now"),
      report);
}

void ReportTraffic(const e2e::PacketFilter& filter, double agents, double seconds, Report* report) {
  const absl::StatusOr<e2e::Counter> udp = filter.udp();
  const absl::StatusOr<e2e::Counter> tcp = filter.tcp();
  if (!udp.ok()) return report->AddFailure("idle: UDP sent", udp.status());
  if (!tcp.ok()) return report->AddFailure("idle: TCP", tcp.status());
  const double packets = static_cast<double>(udp->packets) / agents / seconds;
  const double bytes = static_cast<double>(udp->bytes) / agents / seconds;
  AddRow("idle: UDP sent, with IP headers", "<= 2.2 packets/s, <= 250 bytes/s",
         absl::StrCat(Fixed(packets, 2), " packets/s, ", Fixed(bytes, 0), " bytes/s per agent"),
         packets <= 2.2 && bytes <= 250, "2.2, 300", report);
  AddRow("idle: TCP", "0 when nothing changes",
         absl::StrCat(tcp->bytes, " bytes in all in ", Fixed(seconds, 0), " s"), tcp->bytes == 0,
         "64 bytes/s", report);
}

}  // namespace

void MeasureIdle(const Settings& settings, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  Fleet fleet(agents, "lan");
  if (const auto started = fleet.StartTogether(kStartBudget); !started.ok()) {
    return report->AddFailure("idle", started.status());
  }
  SerfFleet peers;
  if (!settings.serf.empty()) {
    if (const absl::Status status = peers.Start(settings.serf, agents); !status.ok()) {
      return report->AddFailure("idle, Serf beside it", status);
    }
  }
  e2e::PacketFilter filter;
  Idle(kSettling);
  if (const absl::Status counting = filter.CountOnly(); !counting.ok()) {
    return report->AddFailure("idle", counting);
  }
  const UsageMeter our_meter(fleet.pids());
  const UsageMeter their_meter(peers.pids());
  Idle(kSpan);
  const UsageRates ours = our_meter.Finish();
  const UsageRates theirs = their_meter.Finish();
  if (const size_t down = fleet.CountDown(); down > 0) {
    return report->AddFailure(
        "idle", absl::InternalError(absl::StrCat(down, " agents ended by themselves")));
  }
  ReportTraffic(filter, static_cast<double>(agents), ours.seconds, report);
  const Samples cpu = ToSamples(ours.cpu_percent);
  const Samples switches = ToSamples(ours.switches_per_s);
  const Samples mib = PrivateMib(fleet.pids());
  AddRow(absl::StrCat("idle agent at ", agents, " members: private memory (USS)"), "<= 3 MiB",
         absl::StrCat(mib.Text(), " MiB"), mib.Median() <= 3, "6.6 MiB", report);
  AddRow("idle: CPU", "<= 0.06 to 0.1 % of a core",
         absl::StrCat(cpu.Text(3), " % (machine ", Fixed(ours.machine_busy_percent, 0),
                      " % of a core busy)"),
         cpu.Median() <= 0.1, "0.25 % (busy) to 0.40 % (quiet)", report);
  AddRow("idle: context switches", "<= 15 a second", absl::StrCat(switches.Text(1), " a second"),
         switches.Median() <= 15, "95", report);
  if (!settings.serf.empty()) ReportPeer(ours, theirs, PrivateMib(peers.pids()), report);
}

}  // namespace muster::bench
