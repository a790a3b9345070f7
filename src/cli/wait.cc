#include <algorithm>
#include <charconv>

#include "src/cli/agreement.h"
#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/long_poll.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/members";

struct Condition {
  enum class Kind { kCount, kMember, kAgree };
  Kind kind = Kind::kAgree;
  std::string comparison;  // kCount: >=, <=, ==, =, >, <
  int64_t count = 0;
  std::string status;  // kMember: alive, failed, left
  std::string name;    // name or host id
};

std::optional<Condition> ReadCount(const std::string& text) {
  Condition condition;
  condition.kind = Condition::Kind::kCount;
  for (const char* comparison : {">=", "<=", "==", ">", "<", "="}) {
    if (!text.starts_with(comparison)) continue;
    condition.comparison = comparison;
    const std::string_view number =
        Trim(std::string_view(text).substr(condition.comparison.size()));
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), condition.count);
    if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    return condition.count >= 0 ? std::optional(condition) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<Condition> ReadCondition(const std::string& text) {
  if (text == "agree") return Condition();
  if (text.starts_with("count")) return ReadCount(std::string(Trim(text.substr(5))));
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) return std::nullopt;
  Condition condition;
  condition.kind = Condition::Kind::kMember;
  condition.status = text.substr(0, equals);
  condition.name = text.substr(equals + 1);
  for (const char* status : {"alive", "failed", "left"}) {
    if (condition.status == status) return condition;
  }
  return std::nullopt;
}

bool Holds(const std::string& comparison, int64_t count, int64_t wanted) {
  if (comparison == ">=") return count >= wanted;
  if (comparison == "<=") return count <= wanted;
  if (comparison == ">") return count > wanted;
  if (comparison == "<") return count < wanted;
  return count == wanted;
}

// What one answer says about the condition.
struct Finding {
  bool met = false;
  std::string fact;                  // how it is now
  std::vector<const Member*> about;  // the members that were looked at
  std::optional<Failure> failure;    // waiting on makes no sense
};

Finding FindCount(const Condition& condition, const Members& members) {
  Finding finding;
  for (const Member& member : members.members) {
    if (member.status == "alive" || member.status == "suspect") finding.about.push_back(&member);
  }
  const auto count = static_cast<int64_t>(finding.about.size());
  finding.met = Holds(condition.comparison, count, condition.count);
  finding.fact =
      std::to_string(count) + (count == 1 ? " member is" : " members are") + " alive or suspect";
  return finding;
}

bool IsPresent(const Member& member) {
  return member.status == "alive" || member.status == "suspect" || member.status == "leaving";
}

// Of two live members of one name the agent shows each as NAME~ID, with the start of its id.
bool IsCalled(const Member& member, const std::string& name) {
  return member.name == name || member.id == name ||
         member.name.substr(0, member.name.find('~')) == name;
}

// Two present members of one name are a conflict, of which no condition can speak.
Failure Conflict(const std::string& name, const Member& a, const Member& b) {
  return {ExitCode::kError, "two members are named '" + name + "'",
          "their ids are " + a.id + " and " + b.id, "the id in place of the name"};
}

// An entry of an earlier life may stand beside the present one under the same name: the present one
// counts, and among several of the past the latest.
Finding FindMember(const Condition& condition, const Members& members) {
  Finding finding;
  const Member* found = nullptr;
  for (const Member& member : members.members) {
    if (!IsCalled(member, condition.name)) continue;
    if (found != nullptr && IsPresent(*found) && IsPresent(member)) {
      finding.failure = Conflict(condition.name, *found, member);
      return finding;
    }
    const bool later = found == nullptr || IsPresent(member) ||
                       (!IsPresent(*found) && member.since_us > found->since_us);
    if (later) found = &member;
  }
  if (found != nullptr) {
    finding.met = found->status == condition.status;
    finding.fact = "'" + condition.name + "' is " + found->status;
    finding.about.push_back(found);
    return finding;
  }
  finding.fact = "no member is named '" + condition.name + "'";
  if (condition.status != "alive") {
    // One may come to life that is not there yet, but what is not there cannot fail or leave.
    finding.failure = {ExitCode::kNoMatch, finding.fact, "", "'muster members' lists the names"};
  }
  return finding;
}

void Print(Context& context, const std::string& body, const Finding& finding, Duration elapsed) {
  Output& output = context.output;
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(body);
      break;
    case Format::kJsonl:
      for (const Member* member : finding.about) output.DataLine(member->json);
      break;
    case Format::kName:
      for (const Member* member : finding.about) output.DataLine(TerminalSafe(member->name));
      break;
    case Format::kTable:
    case Format::kWide:
      output.Talk(TerminalSafe(finding.fact) + ", after " + FormatDuration(elapsed));
      break;
  }
}

ExitCode WaitForMembers(Context& context, const WaitOptions& options, const Condition& condition) {
  LongPoll poll(context, kPath, context.timeout);
  std::string fact;
  while (true) {
    const Result<api::Response> answer = poll.Next();
    if (!answer.ok()) {
      if (answer.failure().exit != ExitCode::kTimedOut || fact.empty()) {
        return context.output.Fail(answer.failure());
      }
      return context.output.Fail(
          {ExitCode::kTimedOut,
           "'" + options.condition + "' did not come true within " + FormatSpan(context.timeout),
           fact, "a longer --timeout, or 'muster members' to look"});
    }
    const std::optional<Members> members = ReadMembers(answer->body);
    if (!members) return context.output.Fail(StrangeAnswer(context, kPath));
    const Finding finding = condition.kind == Condition::Kind::kCount
                                ? FindCount(condition, *members)
                                : FindMember(condition, *members);
    if (finding.failure) return context.output.Fail(*finding.failure);
    if (finding.met) {
      Print(context, answer->body, finding, poll.elapsed());
      return ExitCode::kOk;
    }
    fact = finding.fact;
    poll.Seen(members->version);
  }
}

ExitCode WaitForView(Context& context) {
  const TimePoint start = context.clock.Now();
  const Result<api::Response> answer = WaitForAgreement(context, context.timeout);
  if (!answer.ok()) return context.output.Fail(answer.failure());
  const AgentStatus status = ReadStatus(answer->body).value_or(AgentStatus());
  PrintAnswer(context.output, answer->body, status.name, [&] {
    context.output.Talk(std::to_string(status.agreeing) + " of " + std::to_string(status.peers) +
                        " peers agree, after " + FormatDuration(context.clock.Now() - start));
  });
  return ExitCode::kOk;
}

}  // namespace

std::optional<Failure> CheckWait(const WaitOptions& options) {
  if (ReadCondition(options.condition)) return std::nullopt;
  return Failure{ExitCode::kUsage, "--for: not a condition: '" + options.condition + "'",
                 "the conditions are count>=N (also <=, ==, >, <), alive=NAME, "
                 "failed=NAME, left=NAME, agree",
                 "muster wait --for 'count>=3' --timeout 30s"};
}

ExitCode RunWait(Context& context, const WaitOptions& options) {
  if (const std::optional<Failure> failure = CheckWait(options)) {
    return context.output.Fail(*failure);
  }
  const std::optional<Condition> condition = ReadCondition(options.condition);
  return condition->kind == Condition::Kind::kAgree ? WaitForView(context)
                                                    : WaitForMembers(context, options, *condition);
}

}  // namespace muster::cli
