#include "src/agent/presence_keeper.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/base/strings.h"
#include "src/base/version.h"
#include "src/runtime/clock.h"
#include "src/runtime/event_log.h"

namespace muster::agent {
namespace {

// Rows of hosts that left are removed by whoever sees them, so many a look.
constexpr size_t kErasesPerLook = 32;

// Also when the member is hidden already.
bool HasLeft(wire::State state) {
  return state == wire::State::kLeft || state == wire::State::kPruned;
}

}  // namespace

PresenceKeeper::PresenceKeeper(Options options)
    : options_(std::move(options)), plan_(options_.driver->now(), options_.ttl, options_.seed) {
  status_.kind = options_.kind;
  status_.url = options_.url;
  status_.since_us = runtime::UnixMicrosNow();
  uv_loop_t* const loop = options_.driver->loop();
  for (uv_timer_t* timer : {&timer_, &close_timer_}) {
    uv_timer_init(loop, timer);
    timer->data = this;
  }
  if (!options_.open) return;
  status_.state = store::PresenceStatus::State::kStarting;
  store::PresenceOptions wanted;
  wanted.loop = loop;
  wanted.cluster = options_.driver->node().identity().cluster;
  wanted.wall_us = runtime::UnixMicrosNow;
  wanted.monotonic = runtime::MonotonicNow;
  wanted.on_notice = [this](const std::string& text) {
    ++status_.notices;
    Announce(api::StoreEvent::kReplaced, text);
  };
  store_ = options_.open(std::move(wanted));
  Arm();
}

PresenceKeeper::~PresenceKeeper() {
  MUSTER_CHECK(parts_open_ == 0 && (store_ == nullptr || store_closed_));
}

// ---- The timetable ----

void PresenceKeeper::Arm() {
  if (closing_ || stopped_ || store_ == nullptr) return;
  const TimePoint next = plan_.next();
  if (next.is_never()) {
    uv_timer_stop(&timer_);
    return;
  }
  const Duration wait = std::max(next - options_.driver->now(), Duration::Zero());
  uv_timer_start(&timer_, OnTimer, static_cast<uint64_t>(wait.millis_ceil()), 0);
}

void PresenceKeeper::OnTimer(uv_timer_t* timer) {
  static_cast<PresenceKeeper*>(timer->data)->RunDue();
}

void PresenceKeeper::RunDue() {
  // An agent on its way out leaves the store as it is, but for its own record's removal.
  if (closing_ || stopped_ || options_.driver->node().leaving()) return;
  const TimePoint now = options_.driver->now();
  if (plan_.IsLookDue(now)) Look();
  if (plan_.IsRefreshDue(now)) Refresh();
  Arm();
}

void PresenceKeeper::OnEvent(const core::Event& event) {
  if (closing_ || stopped_ || store_ == nullptr) return;
  if (event.type == core::EventType::kStopRefused || event.type == core::EventType::kStopConflict ||
      event.type == core::EventType::kStopEvicted) {
    // Whoever holds this identity by right has a record in the same place.
    stopped_ = true;
    uv_timer_stop(&timer_);
    return;
  }
  const TimePoint now = options_.driver->now();
  if (event.type == core::EventType::kSelfIsolated && event.value == 1) plan_.Lonely(now);
  if (plan_.is_first_refresh()) {
    if (options_.driver->join_state() != core::JoinState::kJoining) plan_.Settled(now);
  } else if (options_.driver->node().incarnation() != written_) {
    plan_.Changed(now);  // tags are raised with the incarnation
  }
  Arm();
}

PresencePlan::Known PresenceKeeper::Count() const {
  const core::MemberTable& members = options_.driver->node().members();
  PresencePlan::Known known;
  known.rows = status_.rows;
  // Of a list that was cut nobody can tell who is missing in the view.
  known.matched = is_cut_ ? status_.rows : matched_;
  known.members =
      members.size() - members.count(wire::State::kLeft) - members.count(wire::State::kPruned);
  known.up = members.up_count();
  return known;
}

// ---- Looking ----

void PresenceKeeper::Look() {
  plan_.LookStarted();
  store_->Scan([this](absl::StatusOr<store::PresenceScan> scan) { Looked(std::move(scan)); });
}

bool PresenceKeeper::IsStranger(const store::PresenceRow& row) {
  const core::Node& node = options_.driver->node();
  const store::PresenceRecord& record = row.record;
  bool is_stranger = false;
  if (record.id == node.id()) {
    // One's own, of an earlier run; at another address perhaps a copy of this very data folder.
    is_stranger = record.address != node.identity().attributes.address;
  } else {
    const core::MemberView* member = node.member(record.id);
    // A later start than the one that failed or left: healing would not know where to look.
    is_stranger = member == nullptr || (member->is_tombstone() &&
                                        record.incarnation.epoch() > member->incarnation.epoch());
  }
  matched_ += is_stranger ? 0 : 1;
  return is_stranger;
}

void PresenceKeeper::Looked(absl::StatusOr<store::PresenceScan> scan) {
  if (closing_) return;
  NoteOutcome(kLook, scan.status());
  const TimePoint now = options_.driver->now();
  if (!scan.ok()) {
    ++status_.look_errors;
    plan_.LookFailed(now);
    return Arm();
  }
  ++status_.looks;
  status_.last_look_us = runtime::UnixMicrosNow();
  is_cut_ = scan->is_cut;
  status_.rows = is_cut_ ? std::max(status_.rows, scan->rows.size()) : scan->rows.size();
  status_.damaged_rows += scan->damaged;
  matched_ = 0;
  std::vector<Address> hints;
  size_t erases = 0;
  for (const store::PresenceRow& row : scan->rows) {
    const core::MemberView* member = options_.driver->node().member(row.record.id);
    if (member != nullptr && HasLeft(member->state) &&
        row.record.incarnation <= member->incarnation) {
      --status_.rows;
      if (erases++ < kErasesPerLook) Erase(row.record.id, member->incarnation);
    } else if (IsStranger(row)) {
      hints.push_back(row.record.address);
    }
  }
  if (erases == 0) NoteOutcome(kErase, absl::OkStatus());  // nothing is left to be removed
  const bool has_strangers = !hints.empty();
  if (has_strangers || has_hints_) options_.driver->SetHints(std::move(hints));
  has_hints_ = has_strangers;
  plan_.LookDone(now, Count(), has_strangers);
  if (options_.driver->join_state() != core::JoinState::kJoining) plan_.Settled(now);
  Arm();
}

// ---- One's own record ----

store::PresenceRecord PresenceKeeper::OwnRecord() {
  const core::Node& node = options_.driver->node();
  const wire::Attributes& attributes = node.identity().attributes;
  store::PresenceRecord record;
  record.cluster = node.identity().cluster;
  record.id = node.id();
  record.name = attributes.name;
  record.address = attributes.address;
  record.incarnation = node.incarnation();
  record.tags = attributes.tags;
  record.agent = attributes.agent;
  record.refreshed_us = runtime::UnixMicrosNow();
  if (created_us_ == 0) created_us_ = record.refreshed_us;
  record.created_us = created_us_;
  record.expires_us = record.refreshed_us + options_.ttl.micros();
  return record;
}

void PresenceKeeper::Refresh() {
  plan_.RefreshStarted();
  const store::PresenceRecord record = OwnRecord();
  written_ = record.incarnation;
  store_->Upsert(record, options_.ttl,
                 [this](const absl::StatusOr<size_t>& live) { Refreshed(live); });
}

void PresenceKeeper::Refreshed(const absl::StatusOr<size_t>& live) {
  if (closing_) return;
  NoteOutcome(kRefresh, live.status());
  const TimePoint now = options_.driver->now();
  if (live.ok()) {
    ++status_.refreshes;
    status_.last_refresh_us = runtime::UnixMicrosNow();
    status_.rows = *live;
    plan_.RefreshDone(now, Count());
    if (options_.driver->node().incarnation() != written_) plan_.Changed(now);
  } else {
    ++status_.refresh_errors;
    plan_.RefreshFailed(now);
  }
  Arm();
}

// ---- Removing ----

void PresenceKeeper::Erase(const HostId& id, Incarnation upto) {
  store_->Erase(id, upto, [this](const absl::StatusOr<bool>& removed) { Erased(removed); });
}

void PresenceKeeper::Erased(const absl::StatusOr<bool>& removed) {
  if (closing_) return;
  NoteOutcome(kErase, removed.status());
  if (!removed.ok()) {
    ++status_.erase_errors;
    // The row may go without us: somebody has to find that out.
    plan_.LookBy(options_.driver->now() + PresencePlan::kLookLater);
  } else if (*removed) {  // another agent may have been faster
    ++status_.erases;
  }
  Arm();
}

void PresenceKeeper::Forget(const HostId& id) {
  if (closing_ || store_ == nullptr) return;
  const core::MemberView* member = options_.driver->node().member(id);
  // Pruned ones are in the table still; their tombstone says up to where.
  if (member != nullptr) Erase(id, member->incarnation);
}

void PresenceKeeper::List(Listed listed) {
  MUSTER_CHECK(store_ != nullptr && !closing_);
  store_->Scan([this, listed = std::move(listed)](absl::StatusOr<store::PresenceScan> scan) {
    if (!closing_) {
      NoteOutcome(kLook, scan.status());
      if (!scan.ok()) plan_.LookBy(options_.driver->now() + PresencePlan::kRetryFirst);
      Arm();
    }
    if (scan.ok()) {
      listed(std::move(scan->rows));
    } else {
      listed(scan.status());
    }
  });
}

void PresenceKeeper::Purge(const HostId& id, Incarnation upto, Purged purged) {
  MUSTER_CHECK(store_ != nullptr && !closing_);
  store_->Erase(id, upto, [this, purged = std::move(purged)](const absl::StatusOr<bool>& removed) {
    Erased(removed);
    purged(removed);
  });
}

// ---- What people see ----

const store::PresenceStatus& PresenceKeeper::status() const {
  // A file that names the store may name another one since.
  if (store_ != nullptr) status_.url = store_->shown();
  const TimePoint next = plan_.next_refresh();
  status_.next_refresh_us =
      store_ == nullptr || next.is_never() ? 0 : options_.driver->ToUnixMicros(next);
  return status_;
}

void PresenceKeeper::NoteOutcome(Part part, const absl::Status& status) {
  using State = store::PresenceStatus::State;
  const bool is_mended = status.ok() && !outcomes_[part].ok();
  outcomes_[part] = status;
  if (is_mended) plan_.TryAgain(options_.driver->now());
  const auto failing = std::find_if(outcomes_.begin(), outcomes_.end(),
                                    [](const absl::Status& outcome) { return !outcome.ok(); });
  const State state = failing == outcomes_.end() ? State::kOk : State::kFailing;
  status_.error = failing == outcomes_.end() ? "" : std::string(failing->message());
  if (state == status_.state) return;
  const State before = status_.state;
  status_.state = state;
  status_.since_us = runtime::UnixMicrosNow();
  if (state == State::kFailing) {
    Announce(api::StoreEvent::kFailed, status_.error);
  } else if (before == State::kFailing) {
    Announce(api::StoreEvent::kRecovered, store_->shown());
  }
}

void PresenceKeeper::Announce(api::StoreEvent event, const std::string& detail) {
  const char* const name = event == api::StoreEvent::kFailed      ? "store.failed"
                           : event == api::StoreEvent::kRecovered ? "store.recovered"
                                                                  : "store.replaced";
  const std::string line = runtime::LogLine().Add("event", name).Add("detail", detail).text();
  if (event == api::StoreEvent::kRecovered) {
    LOG(INFO) << line;
  } else {
    LOG(WARNING) << line;
  }
  if (options_.on_event) options_.on_event(event, detail);
}

// ---- The end ----

void PresenceKeeper::Close(bool goodbye, std::function<void(bool clean)> closed) {
  MUSTER_CHECK(!closing_);
  closing_ = true;
  closed_ = std::move(closed);
  uv_timer_stop(&timer_);
  if (store_ == nullptr || !goodbye) return CloseStore();
  // A frozen store must not keep the agent: others remove the record of a host that left.
  uv_timer_start(&close_timer_, OnCloseTimer, kCloseMs, 0);
  store_->Erase(options_.driver->node().id(), options_.driver->node().incarnation().Evicted(),
                [this](const absl::StatusOr<bool>&) {
                  if (parts_open_ == 0) CloseStore();
                });
}

void PresenceKeeper::CloseStore() {
  parts_open_ = 3;
  uv_timer_start(&close_timer_, OnCloseTimer, kCloseMs, 0);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
           [](uv_handle_t* handle) { static_cast<PresenceKeeper*>(handle->data)->PartClosed(); });
  if (store_ == nullptr) {
    uv_timer_start(&close_timer_, OnCloseTimer, 0, 0);
    return;
  }
  store_->Close([this] {
    store_closed_ = true;
    uv_timer_start(&close_timer_, OnCloseTimer, 0, 0);
  });
}

void PresenceKeeper::OnCloseTimer(uv_timer_t* timer) {
  auto* self = static_cast<PresenceKeeper*>(timer->data);
  if (self->parts_open_ == 0) return self->CloseStore();
  if (self->store_ != nullptr && !self->store_closed_) {
    // The loop lives on with this handle; the owner ends the process.
    const std::function<void(bool)> closed = std::move(self->closed_);
    if (closed) closed(false);
    return;
  }
  self->PartClosed();
  uv_close(reinterpret_cast<uv_handle_t*>(timer),
           [](uv_handle_t* handle) { static_cast<PresenceKeeper*>(handle->data)->PartClosed(); });
}

void PresenceKeeper::PartClosed() {
  if (--parts_open_ > 0) return;
  const std::function<void(bool)> closed = std::move(closed_);
  if (closed) closed(true);
}

}  // namespace muster::agent
