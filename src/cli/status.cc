#include <cstdio>

#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/member_rows.h"
#include "src/cli/store_state.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/status";

// "3 of 4 peers agree; not: n2 (3s), n5 (1s)".
std::string Agreement(const AgentStatus& status, int64_t now_us) {
  std::string text =
      std::to_string(status.agreeing) + " of " + std::to_string(status.peers) + " peers agree";
  const char* separator = "; not: ";
  for (const Differing& peer : status.differing) {
    text += separator + TerminalSafe(peer.name) + " (" + FormatSince(peer.since_us, now_us) + ")";
    separator = ", ";
  }
  return text;
}

// "17: bad_magic 10, foreign_cluster 7"; reasons that never happened are left out.
std::string Counted(const std::vector<std::pair<std::string, int64_t>>& counts, bool zeros) {
  int64_t sum = 0;
  std::string text;
  for (const auto& [name, count] : counts) {
    sum += count;
    if (count == 0 && !zeros) continue;
    text += (text.empty() ? ": " : ", ") + TerminalSafe(name) + " " + std::to_string(count);
  }
  return std::to_string(sum) + text;
}

std::string Bytes(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string Traffic(const AgentStatus& status) {
  return "UDP out " + std::to_string(status.udp_packets_out) + " packets, " +
         Bytes(status.udp_bytes_out) + "; UDP in " + std::to_string(status.udp_packets_in) +
         " packets, " + Bytes(status.udp_bytes_in) + "; TCP out " + Bytes(status.tcp_bytes_out) +
         ", in " + Bytes(status.tcp_bytes_in);
}

std::string Age(std::optional<int64_t> instant_us, int64_t now_us) {
  return instant_us ? FormatSince(instant_us, now_us) + " ago" : "-";
}

// How the datastore is, and when this agent's row was and will be written.
std::string Store(const StoreState& store, int64_t now_us) {
  std::string text = FormatStore(store, now_us);
  if (store.kind == "none") return text;
  text += (store.fails() ? "; " : ", ") + std::to_string(store.rows) +
          (store.rows == 1 ? " row" : " rows") + (store.fails() ? " when last seen" : "");
  text += ", " + (store.last_refresh_us ? "refreshed " + Age(store.last_refresh_us, now_us)
                                        : std::string("never refreshed"));
  if (store.next_refresh_us) {
    text += ", next in " + FormatAge(Duration::Micros(*store.next_refresh_us - now_us));
  }
  return text;
}

std::string Render(const AgentStatus& status, int64_t now_us, bool wide, const Output& output) {
  Table table;
  const auto add = [&](const char* title, const std::string& text, Paint paint = Paint::kNone) {
    table.AddRow({{title, Paint::kBold}, {text, paint}});
  };
  char lag[64];
  std::snprintf(lag, sizeof lag, "p50 %.1fms, p99 %.1fms", status.lag_p50_ms, status.lag_p99_ms);
  std::string api;
  for (const std::string& url : status.api) api += (api.empty() ? "" : ", ") + TerminalSafe(url);

  add("Agent", TerminalSafe(status.name) + ", muster " + TerminalSafe(status.program_version) +
                   ", started " + Age(status.started_us, now_us));
  add("Id", TerminalSafe(status.id));
  add("Cluster", TerminalSafe(status.cluster) + ", profile " + TerminalSafe(status.profile) +
                     ", tolerance " + FormatSpan(Duration::Millis(status.tolerance_ms)));
  add("Address", TerminalSafe(status.address));
  add("API", api.empty() ? "-" : api);
  add("Members", Counted(status.members, true));
  add("View", "version " + std::to_string(status.view_version) + ", digest " +
                  TerminalSafe(status.view_digest) + ", changed " +
                  Age(status.view_changed_us, now_us));
  add("Agreement", Agreement(status, now_us),
      status.agreeing >= status.peers ? Paint::kGood : Paint::kWarning);
  add("Join",
      TerminalSafe(status.join_state) +
          (status.join_error.empty() ? "" : ": " + TerminalSafe(status.join_error)),
      status.join_state == "joining" ? Paint::kWarning : Paint::kNone);
  add("Ready", status.ready ? "yes" : "no", status.ready ? Paint::kGood : Paint::kBad);
  add("Isolated", status.isolated ? "yes" : "no", status.isolated ? Paint::kBad : Paint::kNone);
  if (status.probation) add("Probation", "yes", Paint::kBad);
  add("Health", std::to_string(status.health) + (status.health == 0 ? " (good)" : " (0 is good)"),
      status.health == 0 ? Paint::kNone : Paint::kWarning);
  add("Loop lag", lag);
  add("Rejected", Counted(status.rejected, wide));
  add("Traffic", Traffic(status));
  if (!status.store.kind.empty()) {
    add("Store", Store(status.store, now_us),
        status.store.fails() ? Paint::kWarning : Paint::kNone);
  }
  return table.Render(output);
}

// What keeps the agent from being in order; empty when it is.
std::string Problems(const AgentStatus& status, int64_t now_us) {
  std::string text;
  const auto add = [&](const std::string& problem) {
    text += (text.empty() ? "" : "; ") + problem;
  };
  if (status.isolated) add("isolated: no other member answers");
  if (status.probation) {
    add("on probation: the others hold this agent failed, for it lost most packets or kept falling "
        "silent; it returns once its probes have been answered for a while");
  }
  if (!status.ready) add("not ready");
  if (status.join_state == "joining") {
    add("still joining" + (status.join_error.empty() ? "" : ": " + status.join_error));
  }
  if (status.agreeing < status.peers) add(Agreement(status, now_us));
  return text;
}

// The datastore is a hint: that it fails is worth a word and changes no verdict.
std::string StoreNote(const StoreState& store, int64_t now_us) {
  return store.fails() ? "; note: the datastore " + FormatStore(store, now_us) : "";
}

}  // namespace

ExitCode RunStatus(Context& context, const StatusOptions& options) {
  Output& output = context.output;
  const Result<api::Response> answer = Call(context, "GET", kPath);
  if (!answer.ok()) return output.Fail(answer.failure());
  const std::optional<AgentStatus> status = ReadStatus(answer->body);
  if (!status) return output.Fail(StrangeAnswer(context, kPath));
  const int64_t now_us = context.clock.UnixMicros();
  const std::string problems = Problems(*status, now_us);

  PrintAnswer(output, answer->body, status->name, [&] {
    if (!options.check) {
      output.Data(Render(*status, now_us, output.format() == Format::kWide, output));
    } else if (problems.empty()) {
      output.DataLine("ok: " + Agreement(*status, now_us) + StoreNote(status->store, now_us));
    }
  });
  if (!options.check || problems.empty()) return ExitCode::kOk;
  return output.Fail({ExitCode::kNoMatch, "the agent '" + status->name + "' is not in order",
                      problems + StoreNote(status->store, now_us),
                      "muster status, muster reachability"});
}

}  // namespace muster::cli
