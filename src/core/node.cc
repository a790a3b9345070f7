#include "src/core/node.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/core/node_impl.h"

namespace muster::core {
namespace {

// A host this late doubts itself (README.md, "Evidence gate": the bound of a void probe).
constexpr Duration kLateHost = Duration::Millis(250);

Identity Complete(Identity identity, const Options& options) {
  identity.attributes.tolerance_ms = static_cast<uint32_t>(options.tolerance.millis());
  return identity;
}

Duration RepeatEvery(const Options& options) {
  return std::min(Duration::Millis(250), options.tolerance / 16);
}

// Scratch that is kept between calls. Frames with a table of thousands take hundreds of kilobytes.
constexpr size_t kKeptUpdates = 64;
constexpr size_t kKeptPieceBytes = 4096;

}  // namespace

Node::Impl::Impl(const Options& options, Identity identity, uint64_t seed, TimePoint now,
                 RecordPool* pool)
    : options_(options),
      identity_(Complete(std::move(identity), options)),
      rng_(seed),
      out_(identity_.id, identity_.attributes.boot, identity_.cluster, &stats_),
      table_(pool, static_cast<size_t>(options.members_max),
             static_cast<size_t>(options.tombstones_max)),
      rings_(identity_.id, options.rings),
      pacer_(options.period),
      suspicions_(options.period, RepeatEvery(options)),
      backoff_(options.period),
      losses_(now),
      probation_(options.probation_min, options.probation_max),
      rumours_(pool->pieces()),
      gossip_bucket_(options.gossip_bytes_per_second, options.gossip_burst_bytes, now),
      bulk_bucket_(options.bulk_bytes_per_second, options.bulk_burst_bytes, now),
      joiner_(identity_.attributes.address, options.join_retry_max),
      batcher_(options.period),
      now_(now),
      last_push_(now - options.push_interval),
      last_change_(now),
      last_sync_(now - options.period),
      last_sweep_(now - options.period),
      no_accusing_until_(now),
      last_heard_(now),
      last_conflict_probe_(now - Duration::Seconds(3600)),
      last_epoch_forced_(now - Duration::Seconds(3600)) {
  MUSTER_CHECK(options.Validate().ok());
  MUSTER_CHECK(identity_.id.is_whole());
  out_.set_epoch(identity_.epoch);
  const Change added =
      table_.Apply(now, OwnUpdate(Incarnation::Of(identity_.epoch, 0), wire::State::kAlive));
  MUSTER_CHECK(added.kind == Change::Kind::kAdded && added.index == 0);
  const Duration extra_every = options_.period * options_.extra_probe_periods;
  extra_at_ = now + extra_every +
              Duration::Micros(
                  static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(extra_every.micros()))));
}

void Node::Impl::Enter(TimePoint now, Effects* effects) {
  MUSTER_CHECK(now >= now_);
  out_.Begin(effects);
  refuted_in_call_ = false;
  is_showing_ = false;
  if (now - now_ > kLateHost) {
    const TimePoint expected = std::max(NextDeadline(), now_);
    now_ = now;
    if (now > expected && now - expected > kLateHost) HealthChanged(awareness_.LoopLag());
    if (now > expected && now - expected > options_.period) {
      // The host stood still. Grant everybody the time that we were not there; listen first.
      const Duration stall = now - expected;
      ++stats_.stalls;
      no_accusing_until_ = now + options_.period * 2;
      suspicions_.Extend(stall);
      for (Challenge& challenge : challenges_) challenge.next_at = now + kLateHost;
      for (const StreamId stream : flights_.VoidAll()) CloseStream(stream);
      last_heard_ += stall;
    }
  }
  now_ = now;
}

void Node::Impl::HealthChanged(bool changed) {
  if (!changed) return;
  out_.set_health(awareness_.score());
  table_.SetHealth(0, static_cast<uint8_t>(awareness_.score()));
  out_.effects().AddEvent(EventType::kSelfHealth).value = static_cast<uint64_t>(awareness_.score());
}

void Node::Impl::Exit() {
  FlushPulls();
  ShowDue();
  for (const Event& event : out_.effects().events()) {
    out_.digest().Add(static_cast<uint64_t>(event.type));
    out_.digest().Add(event.member.Hash());
  }
  out_.End();
  DropLargeScratch();
}

void Node::Impl::DropLargeScratch() {
  if (message_in_.updates.capacity() > kKeptUpdates) message_in_ = wire::StreamMessage();
  if (pieces_.capacity() > kKeptPieceBytes) {
    message_ = wire::StreamMessage();
    std::string().swap(pieces_);
  }
}

Duration Node::Impl::indirect_timeout() const {
  return std::clamp(options_.period / 2, Duration::Millis(200), Duration::Millis(500));
}

bool Node::Impl::HasCompanyToMiss() const {
  return others_up() > 0 || table_.count(wire::State::kFailed) > 0;
}

void Node::Impl::CheckIsolation() {
  const bool isolated =
      HasCompanyToMiss() && now_ - last_heard_ >= options_.tolerance + options_.period * 2;
  if (isolated == isolated_) return;
  isolated_ = isolated;
  out_.effects().AddEvent(EventType::kSelfIsolated).value = isolated ? 1 : 0;
}

void Node::Impl::RunTimers() {
  if (joiner_.next_round() <= now_) StartJoinRound();
  if (hints_.next_wave() <= now_) StartHintWave();
  ProbeDueTargets();
  if (extra_at_ <= now_) StartExtraProbe();
  ProbeDoubtful();
  RunFlights();
  SendNacks();
  RunSuspicions();
  RunChallenges();
  RunMemberTimers();
  if (settle_at_ <= now_) Settle();
  if (heal_at_ <= now_) Heal();
  if (probation_.on()) EndProbationIfWell();
  if (push_at_ <= now_) Push();
  if (leave_.deadline <= now_) FinishLeave();
  CheckIsolation();
}

void Node::Impl::RunDeadlines(Backlog backlog) {
  if (now_ < NextDeadline()) return;
  drained_ = backlog == Backlog::kDrained;
  RunTimers();
  flights_.Sweep(now_);
  drained_ = true;
}

TimePoint Node::Impl::NextDeadline() const {
  TimePoint next = std::min(
      {joiner_.next_round(), hints_.next_wave(), schedule_.next(), flights_.next(), relays_.next(),
       suspicions_.next(), leaving_members_.next(), tombstones_.next(), settle_at_, heal_at_,
       name_watch_.next(), push_at_, leave_.deadline, focus_.next(), batcher_.next()});
  if (!leaving_) next = std::min(next, probation_.EndsAt(losses_.well_since()));
  if (others_up() > 1) next = std::min(next, extra_at_);
  for (const Challenge& challenge : challenges_) next = std::min(next, challenge.next_at);
  if (!isolated_ && HasCompanyToMiss()) {
    next = std::min(next, last_heard_ + options_.tolerance + options_.period * 2);
  }
  return next;
}

// ---- The facade ----

Node::Node(const Options& options, Identity identity, uint64_t seed, TimePoint now,
           RecordPool* pool)
    : impl_(std::make_unique<Impl>(options, std::move(identity), seed, now, pool)) {}
Node::~Node() = default;

void Node::AdoptTable(TimePoint now, const MemberTable& table, Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->AdoptTable(table);
  impl_->Exit();
}

void Node::HandlePacket(TimePoint now, const Address& from, std::string_view bytes,
                        Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->HandlePacket(from, bytes);
  impl_->Exit();
}

void Node::HandleStreamOpened(TimePoint now, StreamId stream, const Address& peer,
                              Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->HandleStreamOpened(stream, peer);
  impl_->Exit();
}

void Node::HandleStreamMessage(TimePoint now, StreamId stream, std::string_view body,
                               Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->HandleStreamMessage(stream, body);
  impl_->Exit();
}

void Node::HandleStreamClosed(TimePoint now, StreamId stream, StreamEnd end, Effects& effects) {
  impl_->Enter(now, &effects);
  if (end == StreamEnd::kJunk) impl_->Reject(wire::Reject::kMalformed);
  impl_->HandleStreamClosed(stream, end);
  impl_->Exit();
}

void Node::HandleLateSend(TimePoint sent_at, uint32_t probe_sequence) {
  int relay = -1;
  Flight* flight = impl_->flights_.FindBySequence(probe_sequence, &relay);
  if (flight != nullptr && relay < 0) flight->sent = sent_at;
}

void Node::HandleDeadline(TimePoint now, Backlog backlog, Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->RunDeadlines(backlog);
  impl_->Exit();
}

void Node::SetSeeds(TimePoint now, std::vector<Address> configured, std::vector<Address> remembered,
                    Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->SetSeeds(std::move(configured), std::move(remembered));
  impl_->Exit();
}

void Node::SetHints(TimePoint now, std::vector<Address> addresses, Effects& effects) {
  impl_->Enter(now, &effects);
  impl_->SetHints(std::move(addresses));
  impl_->Exit();
}

absl::StatusOr<uint64_t> Node::Join(TimePoint now, absl::Span<const Address> addresses,
                                    Effects& effects) {
  impl_->Enter(now, &effects);
  absl::StatusOr<uint64_t> request = impl_->Join(addresses);
  impl_->Exit();
  return request;
}

absl::Status Node::Leave(TimePoint now, Effects& effects) {
  impl_->Enter(now, &effects);
  absl::Status status = impl_->StartLeave();
  impl_->Exit();
  return status;
}

absl::Status Node::ForceLeave(TimePoint now, const HostId& id, bool prune, bool evict,
                              Effects& effects) {
  impl_->Enter(now, &effects);
  absl::Status status = impl_->ForceLeave(id, prune, evict);
  impl_->Exit();
  return status;
}

absl::Status Node::SetTags(TimePoint now, wire::Tags tags, Effects& effects) {
  impl_->Enter(now, &effects);
  absl::Status status = impl_->SetTags(std::move(tags));
  impl_->Exit();
  return status;
}

absl::StatusOr<uint64_t> Node::Ping(TimePoint now, const HostId& id, Effects& effects) {
  impl_->Enter(now, &effects);
  absl::StatusOr<uint64_t> request = impl_->Ping(id);
  impl_->Exit();
  return request;
}

TimePoint Node::NextDeadline() const { return impl_->NextDeadline(); }
const MemberTable& Node::members() const { return impl_->table_; }
const MemberView* Node::member(const HostId& id) const { return impl_->table_.Find(id); }
const Stats& Node::stats() const { return impl_->stats_; }
const Options& Node::options() const { return impl_->options_; }
const Identity& Node::identity() const { return impl_->identity_; }
const HostId& Node::id() const { return impl_->identity_.id; }
Incarnation Node::incarnation() const { return impl_->table_.self().incarnation; }
const MemberView* Node::shown(size_t index) const { return impl_->shown(index); }
size_t Node::shown_count(wire::State state) const { return impl_->shown_count(state); }
uint64_t Node::shown_version() const { return impl_->shown_version(); }
size_t Node::held_changes() const { return impl_->batcher_.size(); }
bool Node::is_arriving() const { return impl_->is_arriving_; }
int Node::local_health() const { return impl_->awareness_.score(); }
bool Node::isolated() const { return impl_->isolated_; }
bool Node::leaving() const { return impl_->leaving_; }
bool Node::on_probation() const { return impl_->probation_.on(); }
JoinState Node::join_state() const { return impl_->join_state(); }
const std::string& Node::last_join_error() const { return impl_->joiner_.last_error(); }
Node::Agreement Node::agreement(TimePoint now) const { return impl_->agreement(now); }
size_t Node::queue_depth() const { return impl_->rumours_.size(); }
uint64_t Node::digest() const { return impl_->out_.digest().value(); }

}  // namespace muster::core
