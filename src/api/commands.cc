#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/api/handlers.h"
#include "src/api/json.h"
#include "src/api/lookup.h"
#include "src/base/strings.h"
#include "src/runtime/target.h"

// Requests that change something: join, leave, force-leave, tags.

namespace muster::api {
namespace {

constexpr size_t kJoinTargetsMax = 64;
// Below the ten seconds for which the commands wait by default, above the budget of a stream.
constexpr Duration kJoinFor = Duration::Seconds(9);

// Collects the results of one join until the driver says that there are no more, or the alarm goes.
class JoinJob {
 public:
  JoinJob(std::weak_ptr<Context> context, std::shared_ptr<Exchange> exchange,
          std::vector<std::string> targets)
      : context_(std::move(context)),
        exchange_(std::move(exchange)),
        targets_(std::move(targets)),
        results_(Json::array()) {}

  const std::vector<std::string>& targets() const { return targets_; }
  void set_timer(Timers::Id timer) { timer_ = timer; }
  void Add(const std::string& target, const Address& address, const std::string& error) {
    if (answered_) return;
    heard_of_.push_back(target);
    joined_ += error.empty() ? 1 : 0;
    AddResult(address.is_set() ? address.ToString() : target, target, error);
  }
  void Answer() {
    if (std::exchange(answered_, true)) return;
    if (const auto context = context_.lock()) context->timers.Cancel(timer_);
    for (const std::string& target : targets_) {
      if (std::find(heard_of_.begin(), heard_of_.end(), target) == heard_of_.end()) {
        AddResult(target, target, absl::StrCat("no answer within ", FormatDuration(kJoinFor)));
      }
    }
    Json json;
    json["joined"] = joined_;
    json["results"] = std::move(results_);
    exchange_->Answer(MakeReply(json));
  }

 private:
  void AddResult(const std::string& address, const std::string& target, const std::string& error) {
    Json result;
    result["address"] = address;
    result["ok"] = error.empty();
    result["error"] = error.empty() ? Json(nullptr) : Json(error);
    result["target"] = target;
    results_.push_back(std::move(result));
  }

  std::weak_ptr<Context> context_;
  std::shared_ptr<Exchange> exchange_;
  std::vector<std::string> targets_;
  std::vector<std::string> heard_of_;
  Json results_;
  int joined_ = 0;
  Timers::Id timer_ = 0;
  bool answered_ = false;
};

absl::StatusOr<std::vector<std::string>> ParseJoin(const std::string& body) {
  absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) return json.status();
  const absl::Status shape =
      absl::InvalidArgumentError("the body is not {\"addresses\": [\"HOST:PORT\", ...]}");
  if (!json->is_object() || !json->contains("addresses")) return shape;
  const Json& addresses = (*json)["addresses"];
  if (!addresses.is_array() || addresses.empty()) return shape;
  if (addresses.size() > kJoinTargetsMax) {
    return absl::InvalidArgumentError(absl::StrCat(addresses.size(), " addresses; at most ",
                                                   kJoinTargetsMax, " are tried at once"));
  }
  std::vector<std::string> targets;
  for (const Json& address : addresses) {
    if (!address.is_string()) return shape;
    const absl::StatusOr<runtime::Target> target =
        runtime::Target::Parse(address.get<std::string>());
    if (!target.ok()) return target.status();
    targets.push_back(target->text);
  }
  return targets;
}

absl::StatusOr<wire::Tags> ParseTags(const std::string& body) {
  absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) return json.status();
  const absl::Status shape =
      absl::InvalidArgumentError("the body is not {\"tags\": {\"key\": \"value\", ...}}");
  if (!json->is_object() || !json->contains("tags") || !(*json)["tags"].is_object()) return shape;
  wire::Tags tags;
  for (const auto& [key, value] : (*json)["tags"].items()) {
    if (!value.is_string()) return shape;
    tags.emplace_back(key, value.get<std::string>());
  }
  std::sort(tags.begin(), tags.end());
  return tags;
}

}  // namespace

void DoJoin(const std::shared_ptr<Context>& context, const Call& call) {
  absl::StatusOr<std::vector<std::string>> targets = ParseJoin(call.request().body);
  if (!targets.ok()) {
    call.exchange->Answer(MakeError(targets.status()));
    return;
  }
  auto job = std::make_shared<JoinJob>(context, call.exchange, *std::move(targets));
  job->set_timer(context->timers.Set(context->backend->now() + kJoinFor, [job] { job->Answer(); }));
  context->backend->Join(
      job->targets(),
      [job](const std::string& target, const Address& address, const std::string& error) {
        job->Add(target, address, error);
      },
      [job] { job->Answer(); });
}

void DoLeave(const std::shared_ptr<Context>& context, const Call& call) {
  LeaveProgress& leave = context->leave;
  leave.waiting.push_back(call.exchange);
  if (!leave.outcome) {
    const absl::Status begun = context->backend->Leave();
    // A leave that is under way already is what was asked for: wait for its end.
    const bool under_way = absl::IsFailedPrecondition(begun) && context->backend->status().leaving;
    if (!begun.ok() && !under_way) {
      leave.waiting.pop_back();
      call.exchange->Answer(MakeError(begun));
      return;
    }
    leave.ours = leave.ours || begun.ok();
  }
  // The outcome may have come at once, where there is nobody to tell.
  if (leave.outcome) {
    context->timers.Set(context->backend->now(), [weak = std::weak_ptr<Context>(context)] {
      if (const auto alive = weak.lock()) FinishLeave(alive);
    });
  }
}

namespace {

// From a timer: the host may close everything, which must not happen inside a transport's callback.
void TellHost(const std::shared_ptr<Context>& context, TimePoint at) {
  context->timers.Set(at, [weak = std::weak_ptr<Context>(context)] {
    const auto alive = weak.lock();
    if (alive == nullptr || std::exchange(alive->leave.told_host, true)) return;
    if (alive->on_left) alive->on_left();
  });
}

}  // namespace

void FinishLeave(const std::shared_ptr<Context>& context) {
  LeaveProgress& leave = context->leave;
  if (!leave.outcome) return;
  Json json;
  json["asked"] = leave.outcome->asked;
  json["confirmed"] = leave.outcome->confirmed;
  const std::vector<std::shared_ptr<Exchange>> waiting = std::move(leave.waiting);
  leave.waiting.clear();
  leave.answers_on_their_way += waiting.size();
  for (const std::shared_ptr<Exchange>& exchange : waiting) {
    exchange->OnDone([weak = std::weak_ptr<Context>(context)] {
      const auto alive = weak.lock();
      if (alive == nullptr || --alive->leave.answers_on_their_way > 0) return;
      if (alive->leave.ours) TellHost(alive, alive->backend->now());
    });
    exchange->Answer(MakeReply(json));
  }
  if (leave.ours) {
    TellHost(context, context->backend->now() + context->limits.leave_answer_for);
  }
}

void DoForceLeave(const std::shared_ptr<Context>& context, const Call& call) {
  bool prune = false;
  bool evict = false;
  absl::Status flags = ParseFlag(call.target, "prune", &prune);
  if (flags.ok()) flags = ParseFlag(call.target, "evict", &evict);
  if (!flags.ok()) {
    call.exchange->Answer(MakeError(flags));
    return;
  }
  Backend& backend = *context->backend;
  const absl::StatusOr<size_t> index = FindMember(backend, call.member);
  if (!index.ok()) {
    call.exchange->Answer(MemberError(index.status()));
    return;
  }
  const Member member = backend.member(*index);
  const HostId id = member.id;
  Json json = MemberReference(backend.DisplayName(*index), id, member.address);
  if (const absl::Status done = backend.ForceLeave(id, prune, evict); !done.ok()) {
    const bool is_self = id == backend.self();
    call.exchange->Answer(MakeError(
        done, is_self ? "muster leave makes this agent leave"
                      : "stop its agent first, or use --evict (evict=1) to force it out"));
    return;
  }
  json["status"] = "left";
  json["pruned"] = prune;
  call.exchange->Answer(MakeReply(json));
}

void DoSetTags(const std::shared_ptr<Context>& context, const Call& call) {
  absl::StatusOr<wire::Tags> tags = ParseTags(call.request().body);
  absl::Status done = tags.status();
  if (done.ok()) done = context->backend->SetTags(*tags);
  if (!done.ok()) {
    call.exchange->Answer(MakeError(done));
    return;
  }
  Json json;
  json["tags"] = Json::object();
  for (const auto& [key, value] : *tags) json["tags"][key] = value;
  call.exchange->Answer(MakeReply(json));
}

}  // namespace muster::api
