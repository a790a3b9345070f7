#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"
#include "src/core/node_impl.h"

// What users ask of a node.

namespace muster::core {

void Node::Impl::AdoptTable(const MemberTable& table) {
  table_.CopyFrom(table);
  rings_.Rebuild(table_);
  ResetSchedule();
  joiner_.Joined();
  had_company_ = HasCompanyToMiss();
  last_heard_ = now_;
}

void Node::Impl::SetSeeds(std::vector<Address> configured, std::vector<Address> remembered) {
  joiner_.SetSeeds(now_, std::move(configured), std::move(remembered));
  if (HealNeeded() && heal_at_.is_never()) heal_at_ = now_;
}

void Node::Impl::SetHints(std::vector<Address> addresses) {
  if (leaving_) return;
  std::erase(addresses, identity_.attributes.address);
  hints_.Set(now_, std::move(addresses), table_.up_count());
  if (HealNeeded() && heal_at_.is_never()) heal_at_ = now_ + Duration::Seconds(1);
}

JoinState Node::Impl::join_state() const {
  if (joiner_.joined() || others_up() > 0) return JoinState::kJoined;
  if (hints_.IsJoining(now_) && (hints_.has_waves() || joiner_.hint_attempts() > 0)) {
    return JoinState::kJoining;
  }
  if (!joiner_.has_seeds()) return JoinState::kAlone;
  // Remembered peers may all be gone for good: after one whole round nobody waits for them.
  if (!joiner_.has_configured() && joiner_.HasFailedRound()) return JoinState::kAlone;
  return JoinState::kJoining;
}

absl::StatusOr<uint64_t> Node::Impl::Join(absl::Span<const Address> addresses) {
  if (addresses.empty()) return absl::InvalidArgumentError("no address to join");
  if (addresses.size() > Joiner::kParallelMax) {
    return absl::InvalidArgumentError(absl::StrCat(addresses.size(), " addresses to join; at most ",
                                                   Joiner::kParallelMax, " at once"));
  }
  if (leaving_) return absl::FailedPreconditionError("this agent is leaving");
  const uint64_t request = next_request_++;
  for (const Address& address : addresses) {
    if (!address.is_set() || address.port() == 0) {
      return absl::InvalidArgumentError("an address to join is not set");
    }
  }
  for (const Address& address : addresses) {
    if (address == identity_.attributes.address) {
      Event& event = out_.effects().AddEvent(EventType::kJoinTried);
      event.address = address;
      event.request = request;
      event.detail = address.ToString() + ": is this very agent";
      continue;
    }
    StartJoinAttempt(address, request);
  }
  return request;
}

absl::Status Node::Impl::StartLeave() {
  if (leaving_) return absl::FailedPreconditionError("this agent is leaving already");
  leaving_ = true;
  heal_at_ = TimePoint::Never();
  // Above what the others hold, also where they have barred us.
  const Incarnation held = table_.self().incarnation;
  const Incarnation own = probation_.on() ? held.Barred() : held;
  wire::Update leaving = OwnUpdate(own, wire::State::kLeaving);
  leaving.reason = wire::Reason::kLeft;
  // First the word to all that we are about to go, then the certainty to a few who must confirm it.
  Merge(leaving, identity_.id);
  Push();
  wire::Update left = OwnUpdate(own, wire::State::kLeft);
  left.reason = wire::Reason::kLeft;
  Merge(left, identity_.id);
  leave_.deadline = now_ + options_.leave_budget;
  TellNextPeerOfLeave();
  return absl::OkStatus();
}

absl::Status Node::Impl::ForceLeave(const HostId& id, bool prune, bool evict) {
  if (id == identity_.id) {
    return absl::FailedPreconditionError("that is this agent itself; use leave");
  }
  const int64_t index = table_.IndexOf(id);
  if (index <= 0) return absl::NotFoundError(absl::StrCat("no member with id ", id.ToHex()));
  const MemberView& member = table_[static_cast<size_t>(index)];
  if (member.state == wire::State::kPruned) {
    return absl::NotFoundError(absl::StrCat("no member with id ", id.ToHex()));
  }
  if (member.is_up() && !evict) {
    return absl::FailedPreconditionError(
        absl::StrCat("member '", member.attributes().name, "' is ", wire::StateName(member.state)));
  }
  wire::Update claim = UpdateFor(static_cast<uint32_t>(index), false);
  const bool was_up = member.is_up();
  const Address address = member.attributes().address;
  claim.state = prune ? wire::State::kPruned : wire::State::kLeft;
  claim.by = self_tag();
  claim.reason = evict ? wire::Reason::kEvicted : wire::Reason::kForced;
  if (evict) claim.incarnation = claim.incarnation.Evicted();
  if (was_up) claim.age_s = 0;
  Merge(claim, identity_.id);
  if (was_up && address.is_set()) {
    // The evicted agent hears it from us before the others stop talking to it.
    pieces_.clear();
    AppendShortUpdate(static_cast<uint32_t>(table_.IndexOf(id)), &pieces_);
    SendPieces(address);
  }
  return absl::OkStatus();
}

absl::Status Node::Impl::SetTags(wire::Tags tags) {
  if (leaving_) return absl::FailedPreconditionError("this agent is leaving");
  std::sort(tags.begin(), tags.end());
  wire::Attributes attributes = identity_.attributes;
  attributes.tags = std::move(tags);
  const std::string broken = wire::CheckAttributes(attributes);
  if (!broken.empty()) return absl::InvalidArgumentError(ToAbsl(broken));
  if (attributes == identity_.attributes) return absl::OkStatus();
  const Incarnation own = table_.self().incarnation;
  Incarnation next = own.Refuted();
  if (next <= own) {
    if (own.epoch() + 1 >= Incarnation::kEpochMax) {
      return absl::ResourceExhaustedError("no incarnation is left; restart with a new --data-dir");
    }
    next = Incarnation::Of(own.epoch() + 1, 0);
  }
  identity_.attributes = std::move(attributes);
  RaiseOwn(next, true);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Node::Impl::Ping(const HostId& id) {
  const MemberView* member = table_.Find(id);
  if (member == nullptr || id == identity_.id) {
    return absl::NotFoundError(absl::StrCat("no other member with id ", id.ToHex()));
  }
  if (flights_.size() >= Flights::kMax / 2) {
    return absl::ResourceExhaustedError("too many probes in flight; try again");
  }
  Flight* flight = StartFlight(*member, ProbeKind::kUser, now_);
  if (flight == nullptr) {
    return absl::FailedPreconditionError("the address of that member is not known");
  }
  const uint64_t request = next_request_++;
  flight->request = request;
  SendPing(*flight);
  return request;
}

}  // namespace muster::core
