#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/api/filter.h"
#include "src/api/handlers.h"
#include "src/api/lookup.h"
#include "src/api/metrics.h"
#include "src/base/digest.h"
#include "src/base/strings.h"

// Reads of the member table. Their tags are weak: two answers with one tag say the same of every
// member, but measured values (round trips, traffic, loop lag) may differ.

namespace muster::api {
namespace {

using Build = Reply (*)(Context& context, const Target& target, const std::string& member);

std::string Tag(const Digest& digest) {
  return absl::StrCat("W/\"", absl::Hex(digest.value()), "\"");
}

void AddToTag(const Member& member, std::string_view shown, Digest* tag) {
  tag->Add(member.id.hi);
  tag->Add(member.id.lo);
  tag->Add(member.incarnation.raw());
  tag->Add(static_cast<uint64_t>(member.state));
  tag->Add(static_cast<uint64_t>(member.health));
  tag->Add(static_cast<uint64_t>(member.rtt > Duration::Zero()));
  tag->Add(shown);
}

void AnswerRead(Context& context, const Call& call, Build build) {
  Reply reply = build(context, call.target, call.member);
  if (reply.status == 200) {
    reply.version = std::to_string(context.backend->version());
    // Weak comparison (RFC 9110, 8.8.3.2): the mark of weakness does not count.
    const std::string& known = call.request().if_none_match;
    if (!reply.etag.empty() &&
        (known == "*" || known.find(reply.etag.substr(2)) != std::string::npos)) {
      reply.status = 304;
      reply.body.clear();
    }
  }
  call.exchange->Answer(std::move(reply));
}

struct Wait {
  Duration longest;
  uint64_t index = 0;
};

absl::StatusOr<std::optional<Wait>> ParseWait(const Target& target, Duration wait_max) {
  const std::string* wait = target.Find("wait");
  const std::string* index = target.Find("index");
  if (wait == nullptr && index == nullptr) return std::nullopt;
  Wait parsed;
  if (index == nullptr || !absl::SimpleAtoi(*index, &parsed.index)) {
    return absl::InvalidArgumentError(
        absl::StrCat("index '", index == nullptr ? "" : *index, "' is not a version"));
  }
  if (wait == nullptr || !ParseDuration(*wait, &parsed.longest)) {
    return absl::InvalidArgumentError(
        absl::StrCat("wait '", wait == nullptr ? "" : *wait, "' is not a duration such as 30s"));
  }
  parsed.longest = std::min(parsed.longest, wait_max);
  return parsed;
}

// Answers now, or with wait=30s&index=N when the version has passed N or the time is up.
void Read(const std::shared_ptr<Context>& context, const Call& call, Build build) {
  const auto wait = ParseWait(call.target, context->limits.wait_max);
  if (!wait.ok()) {
    call.exchange->Answer(MakeError(wait.status(), "wait=30s&index=N go together"));
    return;
  }
  const bool blocks = wait->has_value() && (*wait)->index >= context->backend->version() &&
                      (*wait)->longest > Duration::Zero();
  if (!blocks) {
    AnswerRead(*context, call, build);
    return;
  }
  // The waiter lives in the context, so it cannot outlive it.
  Context* const owner = context.get();
  const bool kept =
      owner->waiters.Add((*wait)->index, owner->backend->now() + (*wait)->longest, call.exchange,
                         [owner, call, build] { AnswerRead(*owner, call, build); });
  if (!kept) {
    call.exchange->Answer(
        MakeError("busy", absl::StrCat(owner->limits.waiters_max, " reads are waiting already"),
                  "ask without wait, or use GET /v1/events"));
  }
}

Reply BuildMembers(Context& context, const Target& target, const std::string&) {
  const absl::StatusOr<MemberFilter> filter = MemberFilter::Parse(target);
  if (!filter.ok()) return MakeError(filter.status());
  const Backend& backend = *context.backend;
  Json head = MembersShape(backend);
  Digest tag;
  tag.Add(backend.version());
  std::vector<Listed> page;
  for (Listed& listed : VisibleMembers(backend)) {
    const Member& member = listed.member;
    if (!filter->IsAfterCursor(member) || !filter->Matches(member, listed.shown)) continue;
    if (page.size() == filter->limit()) {
      head["next_cursor"] = MemberFilter::CursorAfter(page.back().member);
      break;
    }
    AddToTag(member, listed.shown, &tag);
    page.push_back(std::move(listed));
  }
  Reply reply;
  reply.body = DumpWithMembers(head, page) + "\n";
  reply.etag = Tag(tag);
  return reply;
}

Reply BuildMember(Context& context, const Target&, const std::string& text) {
  const Backend& backend = *context.backend;
  const absl::StatusOr<size_t> index = FindMember(backend, text);
  if (!index.ok()) return MemberError(index.status());
  const Member member = backend.member(*index);
  const std::string shown = backend.DisplayName(*index);
  Reply reply = MakeReply(MemberShape(member, shown));
  Digest tag;
  tag.Add(backend.version());
  AddToTag(member, shown, &tag);
  reply.etag = Tag(tag);
  return reply;
}

Reply BuildStatus(Context& context, const Target&, const std::string&) {
  Json status = StatusShape(*context.backend, context.facts, context.changed_us);
  Reply reply = MakeReply(status);
  for (const char* measured : {"traffic", "loop_lag_ms"}) status.erase(measured);
  // Of the datastore its state counts, not when it was last used nor how often.
  Json store;
  for (const char* fact : {"url", "state", "error", "since"}) store[fact] = status["store"][fact];
  status["store"] = std::move(store);
  Digest tag;
  tag.Add(DumpJson(status));
  reply.etag = Tag(tag);
  return reply;
}

}  // namespace

void ListMembers(const std::shared_ptr<Context>& context, const Call& call) {
  const absl::StatusOr<MemberFilter> filter = MemberFilter::Parse(call.target);
  if (!filter.ok()) {  // also where the list itself is only to be read later
    call.exchange->Answer(MakeError(filter.status()));
    return;
  }
  Read(context, call, BuildMembers);
}

void ShowMember(const std::shared_ptr<Context>& context, const Call& call) {
  Read(context, call, BuildMember);
}

void ShowStatus(const std::shared_ptr<Context>& context, const Call& call) {
  Read(context, call, BuildStatus);
}

void ShowLive(const std::shared_ptr<Context>&, const Call& call) {
  call.exchange->Answer(MakeReply({{"live", true}}));
}

void ShowReady(const std::shared_ptr<Context>& context, const Call& call) {
  const std::vector<std::string> reasons = ReasonsNotReady(context->backend->status());
  Json json;
  json["ready"] = reasons.empty();
  json["reasons"] = reasons;
  Reply reply = MakeReply(json);
  reply.status = reasons.empty() ? 200 : 503;
  call.exchange->Answer(std::move(reply));
}

void ShowMetrics(const std::shared_ptr<Context>& context, const Call& call) {
  Reply reply;
  reply.body = MetricsText(*context->backend, context->facts);
  reply.content_type = kMetricsContentType;
  call.exchange->Answer(std::move(reply));
}

}  // namespace muster::api
