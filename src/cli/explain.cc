#include <algorithm>
#include <cstdio>
#include <utility>

#include "src/cli/json.h"
#include "src/cli/sim.h"
#include "src/cli/sim_settings.h"
#include "src/cli/text.h"
#include "src/sim/run/bounds.h"
#include "src/sim/run/plan.h"

namespace muster::cli {
namespace {

constexpr Duration kShortTtl = Duration::Seconds(300);
constexpr Duration kRefreshMax = Duration::Seconds(30);
constexpr size_t kNameBytes = 16;  // of a name that is not given

std::string Value(const sim::Bound& bound) {
  char text[48];
  const auto scaled = [&](double value, const char* per) {
    constexpr const char* kUnits[] = {"B", "kB", "MB", "GB"};
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s%s" : "%.1f %s%s", value, kUnits[unit],
                  per);
  };
  switch (bound.unit) {
    case sim::Unit::kSeconds:
      return FormatSpan(Duration::Micros(static_cast<int64_t>(bound.value * 1000 + 0.5) * 1000));
    case sim::Unit::kPerSecond:
      std::snprintf(text, sizeof text, "%.2f/s", bound.value);
      break;
    case sim::Unit::kBytesPerSecond:
      scaled(bound.value, "/s");
      break;
    case sim::Unit::kBytes:
      scaled(bound.value, "");
      break;
    case sim::Unit::kCount:
      std::snprintf(text, sizeof text, "%.0f", bound.value);
      break;
  }
  return text;
}

const char* UnitName(sim::Unit unit) {
  switch (unit) {
    case sim::Unit::kSeconds:
      return "s";
    case sim::Unit::kPerSecond:
      return "1/s";
    case sim::Unit::kBytesPerSecond:
      return "B/s";
    case sim::Unit::kBytes:
      return "B";
    case sim::Unit::kCount:
      break;
  }
  return "";
}

// What the settings beside the protocol's contradict.
void WarnOfRest(const agent::Config& config, const agent::Settings& settings,
                std::vector<std::string>* warnings) {
  const Duration ttl = settings.record_ttl;
  const core::Options& options = settings.options;
  if (config.datastore == "none" && config.record_ttl != agent::Config().record_ttl) {
    warnings->push_back("--record-ttl " + config.record_ttl +
                        " has no effect with --datastore none: leave one of them out");
  } else if (ttl < options.tolerance * 2) {
    warnings->push_back("a record lives for " + FormatSpan(ttl) +
                        ", less than two tolerances: a host can lose its row while its silence "
                        "is still forgiven; raise --record-ttl to " +
                        FormatSpan(options.tolerance * 10) + " or more");
  } else if (ttl < kShortTtl) {
    warnings->push_back("a record lives for " + FormatSpan(ttl) +
                        ": a host that is away for longer finds its cluster only by --join and "
                        "the peers it remembers; raise --record-ttl to 5m or more");
  }
  if (settings.join_timeout && *settings.join_timeout < options.stream_budget) {
    warnings->push_back("--join-timeout " + FormatSpan(*settings.join_timeout) +
                        " ends before one slow answer may take (" +
                        FormatSpan(options.stream_budget) + "): raise it above that");
  }
}

void AddRecordBounds(const agent::Settings& settings, std::vector<sim::Bound>* bounds) {
  const auto seconds = [](Duration span) { return static_cast<double>(span.micros()) / 1e6; };
  bounds->push_back({"record_ttl", "a row outlives its last refresh by",
                     seconds(settings.record_ttl), sim::Unit::kSeconds, "--record-ttl"});
  bounds->push_back({"record_refresh", "a row is refreshed every",
                     seconds(std::min(settings.record_ttl / 10, kRefreshMax)), sim::Unit::kSeconds,
                     "TTL/10, at most 30 s, less up to a tenth at random"});
}

std::string Render(const std::vector<sim::Bound>& bounds, const Output& output) {
  Table table;
  if (output.headers()) {
    table.AddRow({{"FIGURE", Paint::kBold}, {"VALUE", Paint::kBold}, {"WHY", Paint::kBold}});
  }
  for (const sim::Bound& bound : bounds) {
    table.AddRow({{bound.title}, {Value(bound)}, {bound.why, Paint::kFaint}});
  }
  return table.Render(output);
}

Json ToJson(const sim::Circumstances& circumstances, const agent::Settings& settings,
            const std::vector<sim::Bound>& bounds, const std::vector<std::string>& warnings) {
  Json json = {{"members", circumstances.members},
               {"profile", core::ProfileName(settings.profile)},
               {"tolerance_ms", settings.options.tolerance.millis()},
               {"period_ms", settings.options.period.millis()},
               {"latency_us", circumstances.latency.micros()},
               {"loss", circumstances.loss_ppm / 1e6}};
  json["bounds"] = Json::array();
  for (const sim::Bound& bound : bounds) {
    json["bounds"].push_back({{"key", bound.key},
                              {"title", bound.title},
                              {"value", bound.value},
                              {"unit", UnitName(bound.unit)},
                              {"why", bound.why}});
  }
  json["warnings"] = warnings;
  return json;
}

}  // namespace

ExitCode RunExplain(Output& output, const agent::Config& config, const ExplainOptions& options) {
  if (output.format() == Format::kName) {
    return output.Fail({ExitCode::kUsage, "an explanation has no names to print", "",
                        "-o table, wide, json or jsonl"});
  }
  const absl::StatusOr<agent::Settings> settings = agent::ResolveTimes(config);
  if (!settings.ok()) return output.Fail(FailureOf(settings.status()));
  const Result<uint32_t> loss = LossOf(options.loss);
  if (!loss.ok()) return output.Fail(loss.failure());
  sim::Circumstances circumstances;
  circumstances.options = settings->options;
  circumstances.loss_ppm = *loss;
  circumstances.latency = options.latency.value_or(LatencyOf(settings->profile));
  const int64_t members = options.members.value_or(circumstances.members);
  if (members < sim::kPlanMembersMin || members > 1'000'000) {
    return output.Fail({ExitCode::kUsage,
                        "bad value for --members: '" + std::to_string(members) + "'",
                        "it must be from 2 to 1000000", "choose a number in that range"});
  }
  circumstances.members = static_cast<int>(members);
  circumstances.attribute_bytes = config.name.empty() ? kNameBytes : config.name.size();
  for (const std::string& tag : config.tags) circumstances.attribute_bytes += tag.size();

  std::vector<sim::Bound> bounds = sim::BoundsOf(circumstances);
  AddRecordBounds(*settings, &bounds);
  std::vector<std::string> warnings = sim::WarningsOf(circumstances);
  WarnOfRest(config, *settings, &warnings);
  if (output.format() == Format::kJson || output.format() == Format::kJsonl) {
    output.DataLine(DumpJson(ToJson(circumstances, *settings, bounds, warnings)));
    return ExitCode::kOk;
  }
  if (output.headers()) {
    output.DataLine("n = " + std::to_string(members) + " members, profile " +
                    core::ProfileName(settings->profile) +
                    ", tolerance T = " + FormatSpan(settings->options.tolerance) +
                    ", period P = " + FormatSpan(settings->options.period) + ", latency " +
                    FormatSpan(circumstances.latency) + ", loss " +
                    (options.loss.empty() ? "0%" : options.loss) + "\n");
  }
  output.Data(Render(bounds, output));
  for (const std::string& warning : warnings) output.DataLine("warning: " + warning);
  return ExitCode::kOk;
}

}  // namespace muster::cli
