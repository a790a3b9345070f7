#include "bench/store/instruments.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/process.h"

namespace muster::bench {
namespace {

absl::StatusOr<std::string> RunNft(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/usr/sbin/nft");
  e2e::ProcessOptions options;
  options.argv = std::move(arguments);
  e2e::CommandResult result = e2e::RunCommand(std::move(options));
  if (result.exit_code != 0) return absl::InternalError(absl::StrCat("nft: ", result.err));
  return std::move(result.out);
}

uint64_t NumberAfter(absl::string_view text, absl::string_view key) {
  uint64_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, key)) continue;
    if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &number)) number = 0;
  }
  return number;
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

PortMeter::PortMeter(uint16_t port)
    : port_(port), table_(absl::StrCat("inet muster_port_", port)) {}

PortMeter::~PortMeter() {
  if (active_) RunNft({absl::StrCat("delete table ", table_)}).status().IgnoreError();
}

absl::Status PortMeter::Start() {
  std::string script =
      absl::StrCat("add table ", table_, "; delete table ", table_, "; add table ", table_, "; ");
  for (const char* name : {"connections", "to", "from"}) {
    absl::StrAppend(&script, "add counter ", table_, " ", name, "; ");
  }
  const std::string rule = absl::StrCat("; add rule ", table_, " input tcp ");
  absl::StrAppend(&script, "add chain ", table_, " input { type filter hook input priority 0; }",
                  rule, "dport ", port_, " tcp flags & (syn | ack) == syn counter name connections",
                  rule, "dport ", port_, " counter name to", rule, "sport ", port_,
                  " counter name from");
  MUSTER_RETURN_IF_ERROR(RunNft({script}).status());
  active_ = true;
  return absl::OkStatus();
}

absl::StatusOr<WireUse> PortMeter::Read() const {
  const absl::StatusOr<std::string> text =
      RunNft({"-j", absl::StrCat("list counters table ", table_)});
  if (!text.ok()) return text.status();
  return ParseCounters(*text);
}

absl::StatusOr<WireUse> ParseCounters(std::string_view json) {
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("nftables")) {
    return absl::InternalError("nft printed no counters");
  }
  WireUse use;
  int found = 0;
  for (const nlohmann::json& item : parsed["nftables"]) {
    if (!item.contains("counter")) continue;
    const nlohmann::json& counter = item["counter"];
    const std::string name = counter.value("name", "");
    ++found;
    if (name == "connections") use.connections = counter.value("packets", uint64_t{0});
    if (name == "to") use.bytes_to = counter.value("bytes", uint64_t{0});
    if (name == "from") use.bytes_from = counter.value("bytes", uint64_t{0});
  }
  if (found != 3) return absl::InternalError(absl::StrCat("nft has ", found, " counters, not 3"));
  return use;
}

uint64_t CountRedisCommands(std::string_view info) {
  static const auto* sent =
      new std::set<std::string>{"auth", "eval", "evalsha", "hello", "ping", "scan", "select"};
  uint64_t sum = 0;
  for (absl::string_view line : absl::StrSplit(View(info), '\n')) {
    if (!absl::ConsumePrefix(&line, "cmdstat_")) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(":calls=", 1));
    uint64_t calls = 0;
    if (parts.size() != 2 || sent->count(parts[0]) == 0) continue;
    if (absl::SimpleAtoi(parts[1].substr(0, parts[1].find(',')), &calls)) sum += calls;
  }
  return sum;
}

uint64_t CountStatements(std::string_view log, std::string_view role) {
  const std::string prefix = absl::StrCat(View(role), " LOG:  ");
  uint64_t count = 0;
  for (absl::string_view line : absl::StrSplit(View(log), '\n')) {
    if (!absl::ConsumePrefix(&line, prefix)) continue;
    count += absl::StartsWith(line, "execute ") || absl::StartsWith(line, "statement: ") ? 1 : 0;
  }
  return count;
}

FileUse ParseFileUse(std::string_view proc_io) {
  const absl::string_view text = View(proc_io);
  return {NumberAfter(text, "rchar:"), NumberAfter(text, "wchar:"), NumberAfter(text, "syscw:")};
}

FileUse ReadFileUse() { return ParseFileUse(e2e::ReadFile("/proc/self/io")); }

}  // namespace muster::bench
