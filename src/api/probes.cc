#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/api/handlers.h"
#include "src/api/lookup.h"
#include "src/base/strings.h"
#include "src/wire/codec.h"

// Real probes on request: of one member, or of all that are live.

namespace muster::api {
namespace {

// Below the ten seconds for which the commands wait by default.
constexpr Duration kCheckFor = Duration::Seconds(8);
constexpr Duration kCheckForMax = Duration::Seconds(60);
// A probe ends by itself, after all its paths; this only catches one that does not.
constexpr Duration kPingFor = Duration::Seconds(30);

// One check: keeps up to reachability_parallel probes on the way until all are over or the time is
// up. Owned by the probes on their way and by its alarm.
class Check : public std::enable_shared_from_this<Check> {
 public:
  Check(const std::shared_ptr<Context>& context, std::shared_ptr<Exchange> exchange)
      : context_(context), exchange_(std::move(exchange)) {
    for (const auto& [member, shown] : VisibleMembers(*context->backend)) {
      if (!member.is_up() || member.is_self) continue;
      asked_.push_back({member.id, shown, member.address, member.state, false});
    }
    ++context->checks_running;
  }

  void Start(Duration longest) {
    const auto context = context_.lock();
    timer_ = context->timers.Set(context->backend->now() + longest,
                                 [self = shared_from_this()] { self->Finish(); });
    Continue();
  }

 private:
  struct Asked {
    HostId id;
    std::string shown;
    Address address;
    wire::State state;
    bool answered;
  };

  // From an alarm where a result has just come in: results come from inside the driver.
  void ContinueSoon(Context& context) {
    if (std::exchange(continuing_, true)) return;
    context.timers.Set(context.backend->now(), [self = shared_from_this()] {
      self->continuing_ = false;
      self->Continue();
    });
  }

  void Continue() {
    const auto context = context_.lock();
    if (context == nullptr || finished_) return;
    while (next_ < asked_.size() && on_the_way_ < context->limits.reachability_parallel) {
      const size_t i = next_++;
      ++on_the_way_;
      const absl::Status sent = context->backend->Ping(
          asked_[i].id, [self = shared_from_this(), i](bool answered, Duration) {
            self->asked_[i].answered = answered;
            self->Ended();
          });
      if (!sent.ok()) --on_the_way_;  // gone in the meantime: counts as missing
    }
    if (next_ == asked_.size() && on_the_way_ == 0) Finish();
  }

  void Ended() {
    --on_the_way_;
    if (const auto context = context_.lock(); context != nullptr && !finished_) {
      ContinueSoon(*context);
    }
  }

  void Finish() {
    if (std::exchange(finished_, true)) return;
    Json missing = Json::array();
    size_t answered = 0;
    for (const Asked& asked : asked_) {
      if (asked.answered) {
        ++answered;
        continue;
      }
      Json member = MemberReference(asked.shown, asked.id, asked.address);
      member["status"] = wire::StateName(asked.state);
      missing.push_back(std::move(member));
    }
    Json json;
    json["asked"] = asked_.size();
    json["answered"] = answered;
    json["missing"] = std::move(missing);
    exchange_->Answer(MakeReply(json));
    if (const auto context = context_.lock()) {
      --context->checks_running;
      context->timers.Cancel(timer_);
    }
  }

  std::weak_ptr<Context> context_;
  std::shared_ptr<Exchange> exchange_;
  std::vector<Asked> asked_;
  size_t next_ = 0;
  size_t on_the_way_ = 0;
  Timers::Id timer_ = 0;
  bool continuing_ = false;
  bool finished_ = false;
};

// One ping: whichever comes first, its result or the alarm.
struct PingJob {
  std::weak_ptr<Context> context;
  std::shared_ptr<Exchange> exchange;
  Timers::Id timer = 0;
  bool answered = false;

  void Answer(Reply reply) {
    if (std::exchange(answered, true)) return;
    if (const auto alive = context.lock()) alive->timers.Cancel(timer);
    exchange->Answer(std::move(reply));
  }
};

}  // namespace

void DoPing(const std::shared_ptr<Context>& context, const Call& call) {
  Backend& backend = *context->backend;
  const absl::StatusOr<size_t> index = FindMember(backend, call.member);
  if (!index.ok()) {
    call.exchange->Answer(MemberError(index.status()));
    return;
  }
  const Member member = backend.member(*index);
  if (member.is_self) {
    call.exchange->Answer(MakeError("bad_request",
                                    absl::StrCat("'", call.member, "' is this very agent"),
                                    "ask another agent, or ping another member"));
    return;
  }
  auto job = std::make_shared<PingJob>();
  job->context = context;
  job->exchange = call.exchange;
  job->timer = context->timers.Set(backend.now() + kPingFor, [job] {
    job->Answer(MakeError("unavailable", "the probe did not end", "look at the agent's log"));
  });
  const absl::Status sent = backend.Ping(member.id, [job](bool answered, Duration rtt) {
    Json json;
    json["answered"] = answered;
    json["rtt_ms"] = answered ? RttShape(rtt) : Json(nullptr);
    job->Answer(MakeReply(json));
  });
  if (!sent.ok()) job->Answer(MakeError(sent));
}

void CheckReachability(const std::shared_ptr<Context>& context, const Call& call) {
  Duration longest = kCheckFor;
  const std::string* timeout = call.target.Find("timeout");
  if (timeout != nullptr && (!ParseDuration(*timeout, &longest) || longest <= Duration::Zero() ||
                             longest > kCheckForMax)) {
    call.exchange->Answer(
        MakeError("bad_request", absl::StrCat("timeout '", *timeout, "' is not a duration up to ",
                                              FormatDuration(kCheckForMax))));
    return;
  }
  if (context->checks_running >= context->limits.checks_max) {
    call.exchange->Answer(MakeError(
        "busy", absl::StrCat(context->checks_running, " reachability checks are running already"),
        "wait for one of them"));
    return;
  }
  std::make_shared<Check>(context, call.exchange)->Start(longest);
}

}  // namespace muster::api
