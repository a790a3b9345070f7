#include "src/cli/sim.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "src/cli/json.h"
#include "src/cli/scenario_file.h"
#include "src/cli/sim_settings.h"
#include "src/cli/text.h"
#include "src/sim/run/run.h"
#include "src/sim/run/run_page.h"
#include "src/sim/scorer.h"

namespace muster::cli {
namespace {

constexpr Duration kDurationMax = Duration::Seconds(24 * 3600);
constexpr Duration kLatencyMax = Duration::Seconds(10);
constexpr int kEventsShown = 20;

// A run, and the command line that repeats it.
struct Asked {
  sim::Plan plan;
  std::string loss;
  std::string command;
};

Failure Bad(const char* flag, const std::string& value, const std::string& fact,
            const std::string& remedy) {
  return {ExitCode::kUsage, "bad value for " + std::string(flag) + ": '" + value + "'", fact,
          remedy};
}

Result<ScenarioFile> ReadScenario(const SimOptions& options) {
  if (options.scenario.empty()) return ScenarioFile{};
  const std::string path = agent::FromUserFolder(options.scenario);
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Failure{ExitCode::kUsage, "cannot read the scenario " + path, "",
                   "check --scenario and the file's permissions"};
  }
  return ParseScenario(text.str(), path, options.members, options.duration);
}

Result<core::Options> OptionsOf(const SimOptions& options, const ScenarioFile& file,
                                core::Profile* profile) {
  agent::Config config;
  const auto choose = [](const std::string& flag, const std::string& in_file) {
    return flag.empty() ? in_file : flag;
  };
  if (const std::string name = choose(options.profile, file.profile); !name.empty()) {
    config.profile = name;
  }
  config.tolerance = choose(options.tolerance, file.tolerance);
  absl::StatusOr<agent::Settings> settings = agent::ResolveTimes(config);
  if (!settings.ok()) return FailureOf(settings.status());
  *profile = settings->profile;
  const std::string period = choose(options.period, file.period);
  if (!period.empty()) {
    if (!ParseDuration(period, &settings->options.period)) {
      return Bad("--period", period, "it is no span of time", "write for instance 500ms or 1s");
    }
    const absl::Status valid = settings->options.Validate();
    if (!valid.ok()) {
      return Bad("--period", period, std::string(valid.message()), "choose a value in that range");
    }
  }
  return settings->options;
}

std::optional<Failure> CheckPlan(const sim::Plan& plan) {
  if (plan.members < sim::kPlanMembersMin || plan.members > sim::kPlanMembersMax) {
    return Bad("--members", std::to_string(plan.members),
               "it must be from " + std::to_string(sim::kPlanMembersMin) + " to " +
                   std::to_string(sim::kPlanMembersMax),
               "choose a number in that range");
  }
  if (plan.duration < Duration::Seconds(1) || plan.duration > kDurationMax) {
    return Bad("--duration", FormatSpan(plan.duration), "it must be from 1s to 24h",
               "choose a time in that range");
  }
  if (plan.latency < Duration::Micros(1) || plan.latency > kLatencyMax) {
    return Bad("--latency", FormatSpan(plan.latency), "it must be from 1us to 10s",
               "choose a time in that range");
  }
  const int64_t work = (plan.members + plan.joiners()) * plan.duration.seconds();
  if (work > sim::kPlanWorkMax) {
    return Failure{ExitCode::kUsage, "this run would take too long",
                   std::to_string(plan.members + plan.joiners()) + " members for " +
                       FormatSpan(plan.duration) + " are " + std::to_string(work) +
                       " member-seconds; at most " + std::to_string(sim::kPlanWorkMax) +
                       " are run, about half an hour's work",
                   "fewer --members or a shorter --duration"};
  }
  return std::nullopt;
}

// As a flag takes it.
std::string Typed(Duration span) {
  if (span.micros() % 1'000'000 == 0) return std::to_string(span.seconds()) + "s";
  if (span.micros() % 1000 == 0) return std::to_string(span.millis()) + "ms";
  return std::to_string(span.micros()) + "us";
}

std::string CommandOf(const SimOptions& options, const sim::Plan& plan, const std::string& loss) {
  std::string text = "muster sim --members " + std::to_string(plan.members);
  const auto add = [&text](const char* flag, const std::string& value) {
    if (!value.empty()) text += std::string(" ") + flag + " " + value;
  };
  add("--loss", loss);
  if (options.slow) add("--slow", std::to_string(*options.slow));
  if (options.crash) add("--crash", std::to_string(*options.crash));
  add("--profile", options.profile);
  add("--tolerance", options.tolerance);
  add("--period", options.period);
  if (options.latency) add("--latency", Typed(*options.latency));
  add("--duration", Typed(plan.duration));
  add("--seed", std::to_string(plan.seed));
  add("--scenario", options.scenario);
  return text;
}

Result<Asked> PlanOf(const SimOptions& options) {
  Result<ScenarioFile> file = ReadScenario(options);
  if (!file.ok()) return file.failure();
  core::Profile profile{};
  const Result<core::Options> protocol = OptionsOf(options, *file, &profile);
  if (!protocol.ok()) return protocol.failure();
  Asked asked;
  sim::Plan& plan = asked.plan;
  plan.options = *protocol;
  plan.members = static_cast<int>(std::clamp<int64_t>(
      options.members.value_or(file->members.value_or(plan.members)), 0, INT32_MAX / 2));
  plan.duration = options.duration.value_or(file->duration.value_or(plan.duration));
  plan.seed = static_cast<uint64_t>(options.seed.value_or(file->seed.value_or(1)));
  plan.latency = options.latency.value_or(file->latency.value_or(LatencyOf(profile)));
  asked.loss = options.loss.empty() ? file->loss : options.loss;
  const Result<uint32_t> loss = LossOf(asked.loss);
  if (!loss.ok()) return loss.failure();
  plan.loss_ppm = *loss;
  plan.actions = std::move(file->actions);
  if (std::optional<Failure> failure = CheckPlan(plan)) return *failure;
  const int64_t slow = options.slow.value_or(0);
  const int64_t crash = options.crash.value_or(0);
  if (slow > plan.members || crash > plan.members ||
      !sim::AddRandomFaults(static_cast<int>(slow), static_cast<int>(crash), &plan)) {
    return Failure{ExitCode::kUsage,
                   "cannot choose " + std::to_string(slow) + " slow members and " +
                       std::to_string(crash) + " that crash",
                   "of " + std::to_string(plan.members) +
                       " members, less the first three and those that the scenario names",
                   "fewer --slow and --crash, or more --members"};
  }
  asked.command = CommandOf(options, plan, asked.loss);
  return asked;
}

bool IsDeath(const sim::Spread& spread) {
  return spread.deed == sim::Deed::kCrash || spread.deed == sim::Deed::kPowerOff;
}

// Detection times of all deaths that were seen; `*missed` counts the others.
sim::Samples Times(const sim::RunResult& result, bool all, int* missed) {
  std::vector<double> times;
  *missed = 0;
  for (const sim::Spread& spread : result.spreads) {
    if (!IsDeath(spread)) continue;
    const double time = all ? spread.all : spread.first;
    if (time < 0) {
      ++*missed;
    } else {
      times.push_back(time);
    }
  }
  return sim::Samples(std::move(times));
}

std::string Number(double value, int decimals, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
  return text;
}

std::string Time(double seconds) {
  return seconds < 0 ? "not within the run" : Number(seconds, 2, " s");
}

std::string Quantiles(const sim::Samples& samples, int missed) {
  if (samples.size() == 0) return "not within the run";
  const std::string text = "p50 " + Time(samples.Quantile(0.5)) + ", p99 " +
                           Time(samples.Quantile(0.99)) + ", max " + Time(samples.Max());
  return missed == 0 ? text : text + "; " + std::to_string(missed) + " not within the run";
}

std::string Sizes(const std::vector<size_t>& sizes) {
  if (sizes.empty()) return "-";
  std::string text = std::to_string(sizes.front());
  if (sizes.size() > 1) text += " to " + std::to_string(sizes.back());
  return text + " (" + std::to_string(sizes.size()) + " distinct)";
}

std::string EventRows(const sim::RunResult& result, const Output& output) {
  Table table;
  if (output.headers()) {
    table.AddRow({{"AT", Paint::kBold},
                  {"MEMBER", Paint::kBold},
                  {"EVENT", Paint::kBold},
                  {"FIRST KNEW", Paint::kBold},
                  {"ALL KNEW", Paint::kBold}});
  }
  const bool is_wide = output.format() == Format::kWide;
  const size_t shown = is_wide ? result.spreads.size() : kEventsShown;
  for (size_t i = 0; i < result.spreads.size() && i < shown; ++i) {
    const sim::Spread& spread = result.spreads[i];
    table.AddRow({{Number(spread.at, 2, "s")},
                  {"n" + std::to_string(spread.member)},
                  {sim::DeedName(spread.deed)},
                  {Time(spread.first)},
                  {Time(spread.all)}});
  }
  std::string text = "\n" + table.Render(output);
  if (result.spreads.size() > shown) {
    text += "... " + std::to_string(result.spreads.size() - shown) + " more: -o wide\n";
  }
  return text;
}

std::string Render(const Asked& asked, const sim::RunResult& result, const Output& output) {
  Table table;
  const auto add = [&table](const char* title, const std::string& text,
                            Paint paint = Paint::kNone) {
    table.AddRow({{title, Paint::kBold}, {text, paint}});
  };
  const auto verdict = [](uint64_t count) { return count == 0 ? Paint::kGood : Paint::kBad; };
  const sim::Plan& plan = asked.plan;
  add("Run", std::to_string(plan.members) + " members for " + FormatSpan(plan.duration) +
                 ", seed " + std::to_string(plan.seed));
  add("Settings", "tolerance " + FormatSpan(plan.options.tolerance) + ", period " +
                      FormatSpan(plan.options.period) + ", latency " + FormatSpan(plan.latency) +
                      ", loss " + (asked.loss.empty() ? "0%" : asked.loss));
  add("All had met", result.met ? "after " + Time(result.meeting) : "not within 2 minutes",
      result.met ? Paint::kNone : Paint::kBad);
  int missed = 0;
  const sim::Samples first = Times(result, false, &missed);
  const int crashes = static_cast<int>(first.size()) + missed;
  add("Crashes", std::to_string(crashes));
  if (crashes > 0) {
    add("First knew", Quantiles(first, missed));
    const sim::Samples all = Times(result, true, &missed);
    add("All knew", Quantiles(all, missed));
  }
  add("False failures",
      std::to_string(result.false_failures) + " (" +
          std::to_string(result.false_failures_at_healthy) + " at undisturbed members)",
      verdict(result.false_failures));
  add("Of disturbed", std::to_string(result.disturbed_failures) +
                          " failed verdicts about members that were slow, cut off or restarted");
  add("Suspicions", std::to_string(result.suspicions));
  add("Bytes", Number(result.bytes_mean, 1, " a member and second; p99 of 1-s windows ") +
                   Number(result.bytes_p99, 0, ""));
  add("Packets", Number(result.packets_mean, 2, " a member and second"));
  add("Converged",
      result.converged < 0 ? "not within the run"
                           : "all views equal " + Time(result.converged) + " after the last event",
      result.converged < 0 ? Paint::kWarning : Paint::kGood);
  add("At the end", std::to_string(result.up_at_end) + " members up of " +
                        std::to_string(result.running_at_end) + " that run");
  add("Sizes shown", Sizes(result.sizes));
  std::string text = table.Render(output);
  if (!result.spreads.empty()) text += EventRows(result, output);
  return text;
}

// Whole microseconds, so that no digits beyond what was counted appear.
Json Rounded(double value) {
  return std::isfinite(value) && value >= 0 ? Json(std::round(value * 1e6) / 1e6) : Json(nullptr);
}

Json QuantilesJson(const sim::Samples& samples, int missed) {
  return {{"p50", Rounded(samples.Quantile(0.5))},
          {"p99", Rounded(samples.Quantile(0.99))},
          {"max", Rounded(samples.Max())},
          {"missed", missed}};
}

Json ToJson(const Asked& asked, const sim::RunResult& result) {
  const sim::Plan& plan = asked.plan;
  int missed = 0;
  const sim::Samples first = Times(result, false, &missed);
  Json json = {{"command", asked.command},
               {"members", plan.members},
               {"duration_s", Rounded(static_cast<double>(plan.duration.micros()) / 1e6)},
               {"seed", std::to_string(plan.seed)},
               {"tolerance_ms", plan.options.tolerance.millis()},
               {"period_ms", plan.options.period.millis()},
               {"latency_us", plan.latency.micros()},
               {"loss", Rounded(plan.loss_ppm / 1e6)},
               {"met", result.met},
               {"met_after_s", Rounded(result.meeting)},
               {"crashes", first.size() + static_cast<size_t>(missed)},
               {"first_knew_s", QuantilesJson(first, missed)}};
  const sim::Samples all = Times(result, true, &missed);
  json["all_knew_s"] = QuantilesJson(all, missed);
  json["false_failures"] = result.false_failures;
  json["false_failures_at_undisturbed"] = result.false_failures_at_healthy;
  json["disturbed_failures"] = result.disturbed_failures;
  json["suspicions"] = result.suspicions;
  json["bytes_per_second"] = {{"mean", Rounded(result.bytes_mean)},
                              {"p99", Rounded(result.bytes_p99)}};
  json["packets_per_second"] = Rounded(result.packets_mean);
  json["converged_s"] = Rounded(result.converged);
  json["up_at_end"] = result.up_at_end;
  json["running_at_end"] = result.running_at_end;
  json["sizes"] = result.sizes;
  json["events"] = Json::array();
  for (const sim::Spread& spread : result.spreads) {
    json["events"].push_back({{"at_s", Rounded(spread.at)},
                              {"member", "n" + std::to_string(spread.member)},
                              {"event", sim::DeedName(spread.deed)},
                              {"first_knew_s", Rounded(spread.first)},
                              {"all_knew_s", Rounded(spread.all)}});
  }
  json["without_effect"] = result.void_actions;
  json["broken_rules"] = result.broken_rules;
  json["digest"] = std::to_string(result.digest);
  return json;
}

// Whole, or with a failure that says why not.
std::optional<Failure> WriteReport(const Asked& asked, const sim::RunResult& result,
                                   const std::string& report) {
  const std::string path = agent::FromUserFolder(report);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << sim::PageOf(asked.plan, result, asked.command);
  file.close();
  if (file) return std::nullopt;
  return Failure{ExitCode::kError, "cannot write the report " + path, "",
                 "check --report, the folder's permissions and the room on the disk"};
}

}  // namespace

ExitCode RunSim(Output& output, const SimOptions& options, const ProgressLine& progress) {
  if (output.format() == Format::kName) {
    return output.Fail({ExitCode::kUsage, "a simulated run has no names to print", "",
                        "-o table, wide, json or jsonl"});
  }
  const Result<Asked> asked = PlanOf(options);
  if (!asked.ok()) return output.Fail(asked.failure());
  int64_t percent_before = -1;
  const sim::Progress tell = [&](Duration done, Duration duration) {
    const int64_t percent = 100 * done.micros() / duration.micros();
    if (!progress || percent == percent_before) return;
    percent_before = percent;
    progress("simulating: " + FormatSpan(Duration::Seconds(done.seconds())) + " of " +
             FormatSpan(duration) + " (" + std::to_string(percent) + " %)");
  };
  if (progress) {
    progress("simulating: " + std::to_string(asked->plan.members) + " members meet");
  }
  const sim::RunResult result = sim::Run(asked->plan, tell);
  if (progress) progress("");
  if (output.format() == Format::kTable || output.format() == Format::kWide) {
    output.Data(Render(*asked, result, output));
  } else {
    output.DataLine(DumpJson(ToJson(*asked, result)));
  }
  for (const std::string& action : result.void_actions) output.Talk("without effect: " + action);
  if (result.broken_rules > 0) {
    output.Talk("rules of the protocol were broken " + std::to_string(result.broken_rules) +
                " times, which is a defect of muster; the first: " + result.first_broken_rule);
  }
  if (options.report.empty()) return ExitCode::kOk;
  if (std::optional<Failure> failure = WriteReport(*asked, result, options.report)) {
    return output.Fail(*failure);
  }
  output.Talk("report: " + options.report);
  return ExitCode::kOk;
}

}  // namespace muster::cli
