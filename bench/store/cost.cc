// What agents do to a store: refreshes, an hour of one agent, and looks.

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/cluster/samples.h"
#include "bench/store/figures.h"
#include "bench/store/rows.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

// Every 30 s with up to a tenth less (src/agent/presence_plan.h).
constexpr Duration kRefreshEvery = Duration::Millis(28'500);
constexpr double kRefreshesPerHour = 3600 / 28.5;
constexpr size_t kMembers = 10;
constexpr size_t kRounds = 4;  // on a server, in real time, because idle connections are closed
constexpr size_t kRoundsOfFile = 126;
constexpr Duration kSlice = Duration::Millis(10);
constexpr int kLooks = 50;
constexpr char kCluster[] = "cost";

Address AddressOfMember(size_t i) { return AddressIn("127.20.0.0", i, kDefaultPort); }

std::string Count(double value) { return Fixed(value, value < 10 ? 1 : 0); }

std::string Kib(double bytes) { return Fixed(bytes / 1024, bytes < 10'240 ? 1 : 0); }

// Lets the connections of all stores live until `due`.
void LiveUntil(TimePoint due, const std::vector<std::unique_ptr<Rows>>& stores) {
  while (e2e::Now() < due) {
    for (const auto& rows : stores) rows->RunFor(kSlice);
  }
}

// All members of all stores refresh `rounds` times, each round evenly spread over `every`.
absl::Status Refresh(const std::vector<std::unique_ptr<Rows>>& stores, size_t rounds,
                     Duration every) {
  const TimePoint begin = e2e::Now();
  const Duration step = every / static_cast<int64_t>(kMembers);
  for (size_t turn = 0; turn < rounds * kMembers; ++turn) {
    const size_t member = turn % kMembers;
    for (const auto& rows : stores) {
      MUSTER_RETURN_IF_ERROR(rows->Plant(member, AddressOfMember(member), member));
    }
    LiveUntil(begin + step * static_cast<int64_t>(turn + 1), stores);
  }
  return absl::OkStatus();
}

void AddRefreshRow(const std::string& kind, const StoreUse& use, size_t refreshes, Report* report) {
  const double factor = kRefreshesPerHour / static_cast<double>(refreshes);
  Row row;
  row.figure = absl::StrCat(kind, ": refreshes, per agent and hour");
  row.measured = kind == "sqlite"
                     ? absl::StrCat(Count(use.commands * factor), " writes, ",
                                    Kib(use.bytes_to * factor), " KiB written")
                     : absl::StrCat(Count(use.commands * factor), " commands, ",
                                    Count(use.connections * factor), " connections, ",
                                    Kib(use.bytes_to * factor), " + ", Kib(use.bytes_from * factor),
                                    " KiB to and from the server");
  row.beside = absl::StrCat(refreshes, " refreshes of ", kMembers, " members");
  report->Add(row);
}

absl::StatusOr<StoreUse> RefreshFile(Place* place) {
  std::vector<std::unique_ptr<Rows>> store;
  store.push_back(std::make_unique<Rows>(place->url(), kCluster, kMembers));
  MUSTER_RETURN_IF_ERROR(Refresh(store, 1, Duration::Zero()));
  MUSTER_RETURN_IF_ERROR(place->StartMeter());
  MUSTER_RETURN_IF_ERROR(Refresh(store, kRoundsOfFile, Duration::Zero()));
  return place->ReadMeter();
}

// The servers at the same time: this takes as long as it takes agents.
absl::Status RefreshServers(const std::vector<Place*>& servers, Report* report) {
  std::vector<std::unique_ptr<Rows>> stores;
  for (Place* place : servers) {
    stores.push_back(std::make_unique<Rows>(place->url(), kCluster, kMembers));
  }
  MUSTER_RETURN_IF_ERROR(Refresh(stores, 1, kRefreshEvery));
  for (Place* place : servers) MUSTER_RETURN_IF_ERROR(place->StartMeter());
  MUSTER_RETURN_IF_ERROR(Refresh(stores, kRounds, kRefreshEvery));
  for (Place* place : servers) {
    const absl::StatusOr<StoreUse> use = place->ReadMeter();
    if (!use.ok()) return use.status();
    AddRefreshRow(place->kind(), *use, kRounds * kMembers, report);
  }
  return absl::OkStatus();
}

// One handle that keeps its connection looks again and again, as agents do that miss somebody.
absl::Status MeasureLooks(Place* place, size_t count, Report* report) {
  MUSTER_RETURN_IF_ERROR(place->Empty());
  Rows rows(place->url(), kCluster);
  for (size_t i = 0; i < count; ++i) MUSTER_RETURN_IF_ERROR(rows.Plant(i, AddressOfMember(i)));
  MUSTER_RETURN_IF_ERROR(rows.Look().status());
  MUSTER_RETURN_IF_ERROR(place->StartMeter());
  Samples ms;
  for (int i = 0; i < kLooks; ++i) {
    const TimePoint begin = e2e::Now();
    const absl::StatusOr<store::PresenceScan> scan = rows.Look();
    if (!scan.ok()) return scan.status();
    if (scan->rows.size() != count) return absl::InternalError("a look does not see all rows");
    ms.Add(static_cast<double>((e2e::Now() - begin).micros()) / 1000);
  }
  const absl::StatusOr<StoreUse> use = place->ReadMeter();
  if (!use.ok()) return use.status();
  Row row;
  row.figure = absl::StrCat(place->kind(), ": one look at ", count, " rows");
  row.measured =
      place->kind() == "sqlite"
          ? absl::StrCat(Kib(use->bytes_from / kLooks), " KiB read")
          : absl::StrCat(Count(use->commands / kLooks), " commands, ", Kib(use->bytes_to / kLooks),
                         " + ", Kib(use->bytes_from / kLooks), " KiB to and from the server");
  absl::StrAppend(&row.measured, "; ", ms.Text(), " ms");
  row.beside = absl::StrCat(kLooks, " looks");
  report->Add(row);
  return absl::OkStatus();
}

}  // namespace

void MeasureCost(const Settings& settings, const Places& places, Report* report) {
  std::vector<Place*> servers;
  for (const auto& place : places) {
    if (const absl::Status emptied = place->Empty(); !emptied.ok()) {
      return report->AddFailure("cost", emptied);
    }
    if (place->kind() != "sqlite") {
      servers.push_back(place.get());
      continue;
    }
    const absl::StatusOr<StoreUse> use = RefreshFile(place.get());
    if (!use.ok()) return report->AddFailure("cost: refreshes of a file", use.status());
    AddRefreshRow(place->kind(), *use, kRoundsOfFile * kMembers, report);
  }
  if (!servers.empty()) {
    const absl::Status refreshed = RefreshServers(servers, report);
    if (!refreshed.ok()) report->AddFailure("cost: refreshes of servers", refreshed);
  }
  std::vector<size_t> sizes = {10, 100, 1000};
  if (settings.rows > 0) sizes = {settings.rows};
  for (const auto& place : places) {
    for (const size_t size : sizes) {
      const absl::Status looked = MeasureLooks(place.get(), size, report);
      if (!looked.ok()) report->AddFailure(absl::StrCat(place->kind(), ": looks"), looked);
    }
  }
}

}  // namespace muster::bench
