#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/member_rows.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

std::string Render(const Member& member, int64_t now_us, const Output& output) {
  Table table;
  const auto add = [&](const char* title, const std::string& text, Paint paint = Paint::kNone) {
    table.AddRow({{title, Paint::kBold}, {text, paint}});
  };
  add("Name", TerminalSafe(member.name) + (member.self ? "  (this agent)" : ""));
  add("Status", TerminalSafe(member.status), PaintOfStatus(member.status));
  add("Address", TerminalSafe(member.address));
  add("Since", FormatSince(member.since_us, now_us) + (member.since_us ? " ago" : ""));
  add("RTT", FormatRtt(member));
  add("Health", std::to_string(member.health));
  add("Incarnation", TerminalSafe(member.incarnation));
  add("Id", TerminalSafe(member.id));
  add("Tags", member.tags.empty() ? "-" : FormatTags(member.tags));
  return table.Render(output);
}

}  // namespace

ExitCode RunMember(Context& context, const MemberOptions& options) {
  const std::string path = MemberPath(options.name);
  const Result<api::Response> answer = Call(context, "GET", path);
  if (!answer.ok()) return context.output.Fail(answer.failure());
  const std::optional<Member> member = ReadMember(answer->body);
  if (!member) return context.output.Fail(StrangeAnswer(context, path));
  PrintAnswer(context.output, answer->body, member->name, [&] {
    context.output.Data(Render(*member, context.clock.UnixMicros(), context.output));
  });
  return ExitCode::kOk;
}

}  // namespace muster::cli
