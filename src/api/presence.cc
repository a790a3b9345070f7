#include "src/api/presence.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/api/handlers.h"
#include "src/api/json.h"
#include "src/api/presence_shapes.h"
#include "src/base/strings.h"

// The rows of the datastore: a list of them, and a way to remove some.

namespace muster::api {
namespace {

// Below the ten seconds for which the commands wait by default, above the budget of an operation.
constexpr Duration kStoreFor = Duration::Seconds(9);

const char* HintFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "check the user, the password and their rights: --datastore, --datastore-file";
    case absl::StatusCode::kResourceExhausted:
      return "make room in the datastore, or ask again later";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "check that the datastore runs and answers; the agent goes on without it meanwhile";
    default:
      return "muster status says how the datastore is, and since when";
  }
}

Reply StoreError(const absl::Status& status) {
  return MakeError("unavailable", ToStd(status.message()), HintFor(status));
}

// One request that waits for the datastore: whichever comes first, its result or the alarm. Owned
// by the operations on their way and by its alarm, so that what comes in late finds it whole.
class StoreCall {
 public:
  // Null when the request cannot be, and is answered already.
  static std::shared_ptr<StoreCall> Begin(const std::shared_ptr<Context>& context,
                                          const std::shared_ptr<Exchange>& exchange) {
    const Presence* presence = context->backend->presence();
    if (presence == nullptr || presence->status().state == store::PresenceStatus::State::kOff) {
      exchange->Answer(MakeError("conflict", "this agent has no datastore",
                                 "start it with --datastore URL, as in --datastore redis://HOST"));
      return nullptr;
    }
    if (context->presence_calls >= context->limits.presence_calls_max) {
      exchange->Answer(MakeError(
          "busy", absl::StrCat(context->presence_calls, " requests wait for the datastore already"),
          "wait for one of them"));
      return nullptr;
    }
    auto call = std::make_shared<StoreCall>(context, exchange);
    call->timer_ = context->timers.Set(context->backend->now() + kStoreFor, [call] {
      call->Answer(StoreError(absl::DeadlineExceededError(
          absl::StrCat("the datastore did not answer within ", kStoreFor.seconds(), " s"))));
    });
    return call;
  }
  StoreCall(const std::shared_ptr<Context>& context, std::shared_ptr<Exchange> exchange)
      : context_(context), exchange_(std::move(exchange)) {
    ++context->presence_calls;
  }
  ~StoreCall() {
    if (const auto context = context_.lock()) --context->presence_calls;
  }

  // Null when nobody waits for an answer any more.
  std::shared_ptr<Context> context() const {
    auto context = context_.lock();
    return answered_ || context == nullptr || context->stopping ? nullptr : context;
  }
  void Answer(Reply reply) {
    if (std::exchange(answered_, true)) return;
    if (const auto context = context_.lock()) context->timers.Cancel(timer_);
    exchange_->Answer(std::move(reply));
  }

 private:
  std::weak_ptr<Context> context_;
  std::shared_ptr<Exchange> exchange_;
  Timers::Id timer_ = 0;
  bool answered_ = false;
};

// Removes rows one after the other, so that a long list does not fill the store's queue.
class Purge : public std::enable_shared_from_this<Purge> {
 public:
  Purge(std::shared_ptr<StoreCall> call, std::string text)
      : call_(std::move(call)), text_(std::move(text)) {}

  void Start(absl::StatusOr<std::vector<store::PresenceRow>> rows) {
    const auto context = call_->context();
    if (context == nullptr) return;
    if (!rows.ok()) {
      call_->Answer(StoreError(rows.status()));
      return;
    }
    for (const store::PresenceRow& row : *rows) {
      if (row.record.name == text_ || row.record.id.ToHex() == text_) meant_.push_back(row.record);
    }
    if (meant_.empty()) {
      call_->Answer(MakeError("not_found", absl::StrCat("no row of '", Shown(), "'"),
                              "muster presence list shows the rows"));
      return;
    }
    Next(*context);
  }

 private:
  std::string Shown() const { return text_.substr(0, 200); }

  void Next(Context& context) {
    if (next_ == meant_.size()) {
      Finish();
      return;
    }
    const store::PresenceRecord& record = meant_[next_];
    context.backend->presence()->Purge(
        record.id, record.incarnation,
        [self = shared_from_this()](const absl::StatusOr<bool>& removed) { self->Ended(removed); });
  }

  void Ended(const absl::StatusOr<bool>& removed) {
    const auto context = call_->context();
    if (context == nullptr) return;
    if (!removed.ok()) {
      const std::string before =
          removed_.empty() ? "" : absl::StrCat("removed ", removed_.size(), " rows, then: ");
      call_->Answer(StoreError(
          absl::Status(removed.status().code(), absl::StrCat(before, removed.status().message()))));
      return;
    }
    if (*removed) {
      const store::PresenceRecord& record = meant_[next_];
      Json row = MemberReference(record.name, record.id, record.address);
      row["status"] = StatusInView(*context->backend, record.id);
      removed_.push_back(std::move(row));
    }
    ++next_;
    Next(*context);
  }

  void Finish() {
    if (removed_.empty()) {
      call_->Answer(
          MakeError("not_found",
                    absl::StrCat("the row of '", Shown(), "' has just gone, or become a newer one"),
                    "muster presence list shows the rows"));
      return;
    }
    Json json;
    json["removed"] = removed_.size();
    json["rows"] = std::move(removed_);
    call_->Answer(MakeReply(json));
  }

  std::shared_ptr<StoreCall> call_;
  std::string text_;  // a name or a host id
  std::vector<store::PresenceRecord> meant_;
  size_t next_ = 0;
  Json removed_ = Json::array();
};

}  // namespace

void ListPresence(const std::shared_ptr<Context>& context, const Call& call) {
  const std::shared_ptr<StoreCall> waiting = StoreCall::Begin(context, call.exchange);
  if (waiting == nullptr) return;
  context->backend->presence()->List(
      [waiting](const absl::StatusOr<std::vector<store::PresenceRow>>& rows) {
        const auto alive = waiting->context();
        if (alive == nullptr) return;
        if (!rows.ok()) {
          waiting->Answer(StoreError(rows.status()));
          return;
        }
        Reply reply;
        reply.body = PresenceText(*alive->backend, *rows) + "\n";
        waiting->Answer(std::move(reply));
      });
}

void PurgePresence(const std::shared_ptr<Context>& context, const Call& call) {
  std::shared_ptr<StoreCall> waiting = StoreCall::Begin(context, call.exchange);
  if (waiting == nullptr) return;
  const auto purge = std::make_shared<Purge>(std::move(waiting), call.member);
  context->backend->presence()->List([purge](absl::StatusOr<std::vector<store::PresenceRow>> rows) {
    purge->Start(std::move(rows));
  });
}

}  // namespace muster::api
