// Whether a store that answers nobody is felt by the agents' loops.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "bench/cluster/samples.h"
#include "bench/store/figures.h"
#include "bench/store/squad.h"
#include "src/base/status_macros.h"
#include "src/base/time.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr Duration kSettling = Duration::Seconds(30);
constexpr Duration kSpan = Duration::Seconds(120);
constexpr double kLagMax_ms = 5;

// p99 of the last 256 timers of each agent: at the pace of an agent at rest, those of the span.
absl::StatusOr<Samples> ReadLag(Squad* squad) {
  Samples lag;
  for (size_t i = 0; i < squad->size(); ++i) {
    const absl::StatusOr<nlohmann::json> status = (*squad)[i].Get("/v1/status");
    if (!status.ok()) return status.status();
    lag.Add((*status)["loop_lag_ms"]["p99"].get<double>());
  }
  return lag;
}

absl::Status AddRow(Squad* squad, const Samples& before, const Samples& none, Report* report) {
  MUSTER_RETURN_IF_ERROR(squad->Check("failing"));
  const absl::StatusOr<Samples> lag = ReadLag(squad);
  if (!lag.ok()) return lag.status();
  report->Add({squad->kind() + ": loop lag p99 of each agent, store frozen 120 s", "< 5 ms",
               absl::StrCat(lag->Text(), " ms (before it: ", before.Text(), ")"),
               absl::StrCat(none.Text(), " ms"),
               lag->Max() < kLagMax_ms ? Row::Verdict::kMet : Row::Verdict::kMissed});
  return absl::OkStatus();
}

}  // namespace

void MeasureFrozen(const Settings& settings, const Places& places, Report* report) {
  std::vector<std::unique_ptr<Squad>> squads;
  squads.push_back(std::make_unique<Squad>("none", "none", settings.agents, 0));
  for (const auto& place : places) {
    if (const absl::Status emptied = place->Empty(); !emptied.ok()) {
      return report->AddFailure("frozen", emptied);
    }
    squads.push_back(std::make_unique<Squad>(place->kind(), place->url(), settings.agents,
                                             settings.agents * squads.size()));
  }
  for (const auto& squad : squads) {
    if (const absl::Status started = squad->Start(); !started.ok()) {
      return report->AddFailure("frozen: " + squad->kind(), started);
    }
  }
  const auto wait = [](Duration span) {
    e2e::WaitUntil(
        span, [] { return false; }, span);
  };
  wait(kSettling);
  std::vector<Samples> before;
  for (const auto& squad : squads) {
    const absl::StatusOr<Samples> lag = ReadLag(squad.get());
    if (!lag.ok()) return report->AddFailure("frozen: " + squad->kind(), lag.status());
    before.push_back(*lag);
  }
  for (const auto& place : places) {
    if (const absl::Status frozen = place->Freeze(); !frozen.ok()) {
      report->AddFailure("frozen: " + place->kind(), frozen);
    }
  }
  wait(kSpan);
  const absl::StatusOr<Samples> none = ReadLag(squads[0].get());
  for (size_t i = 1; none.ok() && i < squads.size(); ++i) {
    const absl::Status added = AddRow(squads[i].get(), before[i], *none, report);
    if (!added.ok()) report->AddFailure("frozen: " + squads[i]->kind(), added);
  }
  for (const auto& place : places) place->Thaw();
}

}  // namespace muster::bench
