// What agents at rest use, with each store and without, in the same minutes.

#include "absl/strings/str_cat.h"
#include "bench/cluster/samples.h"
#include "bench/cluster/usage.h"
#include "bench/store/figures.h"
#include "bench/store/squad.h"
#include "src/base/time.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

// Past the minute in which agents look for others.
constexpr Duration kSettling = Duration::Seconds(70);
constexpr Duration kSpan = Duration::Seconds(120);

void Idle(Duration span) {
  e2e::WaitUntil(
      span, [] { return false; }, span);
}

struct Figures {
  Samples cpu;  // percent of a core
  Samples mib;
};

Figures Read(const Squad& squad, const UsageRates& rates) {
  Figures figures;
  for (const double percent : rates.cpu_percent) figures.cpu.Add(percent);
  for (const pid_t pid : squad.pids()) {
    figures.mib.Add(static_cast<double>(ReadPrivateKib(pid)) / 1024);
  }
  return figures;
}

}  // namespace

void MeasureIdle(const Settings& settings, const Places& places, Report* report) {
  std::vector<std::unique_ptr<Squad>> squads;
  squads.push_back(std::make_unique<Squad>("none", "none", settings.agents, 0));
  for (const auto& place : places) {
    if (const absl::Status emptied = place->Empty(); !emptied.ok()) {
      return report->AddFailure("idle", emptied);
    }
    squads.push_back(std::make_unique<Squad>(place->kind(), place->url(), settings.agents,
                                             settings.agents * squads.size()));
  }
  for (const auto& squad : squads) {
    if (const absl::Status started = squad->Start(); !started.ok()) {
      return report->AddFailure("idle: " + squad->kind(), started);
    }
  }
  Idle(kSettling);
  std::vector<UsageMeter> meters;
  for (const auto& squad : squads) meters.emplace_back(squad->pids());
  Idle(kSpan);
  std::vector<Figures> figures;
  for (size_t i = 0; i < squads.size(); ++i) {
    figures.push_back(Read(*squads[i], meters[i].Finish()));
  }
  for (size_t i = 1; i < squads.size(); ++i) {
    if (const absl::Status checked = squads[i]->Check("ok"); !checked.ok()) {
      report->AddFailure("idle: " + squads[i]->kind(), checked);
      continue;
    }
    Row row;
    row.figure = squads[i]->kind() + ": agent at rest, CPU of a core and private memory";
    row.measured =
        absl::StrCat(figures[i].cpu.Text(3), " %, ", Fixed(figures[i].mib.Median(), 2), " MiB");
    row.beside =
        absl::StrCat(figures[0].cpu.Text(3), " %, ", Fixed(figures[0].mib.Median(), 2), " MiB");
    report->Add(row);
  }
}

}  // namespace muster::bench
