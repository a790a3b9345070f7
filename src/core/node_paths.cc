#include <algorithm>
#include <utility>
#include <vector>

#include "src/core/ablation.h"
#include "src/core/node_impl.h"
#include "src/core/rtt.h"

// The paths of a probe beside its ping: relays, a stream, and asking again. And our part as a relay
// that has no answer.

namespace muster::core {
namespace {

// Members drawn in search of relays, and the worst health of a relay.
constexpr size_t kRelayCandidates = 12;
constexpr uint8_t kHealthyEnough = 3;
constexpr Duration kStreamBudget = Duration::Seconds(2);
// When a probe that waits for relays and stream asks again, in eighths of that wait: soon, for a
// burst of loss is short, and once more before its middle.
constexpr int64_t kRepeatAt[Flight::kRepeats] = {1, 3};

}  // namespace

void Node::Impl::AskRelays(Flight& flight, int count) {
  std::vector<const MemberView*> relays;
  const auto is_asked = [&](const MemberView* relay) {
    const auto end = flight.relays.begin() + flight.relay_count;
    return std::any_of(flight.relays.begin(), end,
                       [relay](const Flight::Relay& asked) { return asked.id == relay->id(); });
  };
  const auto consider = [&](const MemberView* relay) {
    const bool has_room = static_cast<int>(relays.size()) < count &&
                          flight.relay_count + relays.size() < Flight::kRelaysMax;
    if (!has_room || relay->state != wire::State::kAlive || is_asked(relay)) return;
    if (std::find(relays.begin(), relays.end(), relay) == relays.end()) relays.push_back(relay);
  };
  // Whoever reached this target last is the best guess; unhealthy members make poor relays.
  if (const HostId* last = last_relay_.Find(flight.target)) {
    if (const MemberView* relay = table_.Find(*last)) consider(relay);
  }
  for (const MemberView* relay : DrawUpMembers(kRelayCandidates, flight.target)) {
    if (relay->health <= kHealthyEnough) consider(relay);
  }
  for (const MemberView* relay : relays) {
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kPingRequest;
    packet_.target = flight.target;
    packet_.target_address = flight.address;
    pieces_.clear();
    AppendClaimAbout(flight.target, &pieces_);
    Flight::Relay& asked = flight.relays[flight.relay_count++];
    asked.id = relay->id();
    asked.sequence = out_.Send(relay->attributes().address, packet_, pieces_, false);
  }
}

void Node::Impl::GoIndirect(Flight& flight) {
  flight.indirect = true;
  flight.indirect_at = now_;
  if (IsSample(flight.kind)) losses_.NotInTime(now_);
  // A relay that waited in vain says so after four fifths of that: its word has a round trip left.
  const Duration trip = AckTimeout(typical_, options_.ack_timeout_min, options_.ack_timeout_max);
  flight.deadline = now_ + awareness_.ScaleTimeout(trip) + indirect_timeout();
  // Voters are many paths by themselves.
  if (flight.kind != ProbeKind::kVote) AskRelays(flight, options_.relays);
  flight.first_relays = flight.relay_count;
  flight.stream = OpenStream(flight.address, StreamRole::kProbe, kStreamBudget);
  flight.ends_at = flight.deadline;
  if (AsksAgain(flight)) flight.deadline = now_ + (flight.ends_at - now_) * kRepeatAt[0] / 8;
}

bool Node::Impl::AsksAgain(const Flight& flight) const {
  return flight.indirect && IsSample(flight.kind) && flight.repeat_count < Flight::kRepeats &&
         !Without(Mechanism::kRepeats);
}

// Every path may have lost its packet within one burst of loss, or the relays be cut off as we are,
// just before the target does fall silent: who is there is found by asking again, by another relay
// too.
void Node::Impl::AskAgain(Flight& flight) {
  const uint32_t first = flight.sequence;
  SendPing(flight);
  flight.repeats[flight.repeat_count++] = std::exchange(flight.sequence, first);
  if (flight.first_relays > 0) AskRelays(flight, 1);
  const bool is_last = flight.repeat_count == Flight::kRepeats;
  const Duration span = flight.ends_at - flight.indirect_at;
  flight.deadline =
      is_last ? flight.ends_at : flight.indirect_at + span * kRepeatAt[flight.repeat_count] / 8;
}

void Node::Impl::SendNacks() {
  Relays::Duty duty;
  while (relays_.PopNackDue(now_, &duty)) {
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kNack;
    packet_.answers = duty.asker_sequence;
    packet_.target = duty.subject;
    out_.Send(duty.asker, packet_, {}, false);
  }
}

}  // namespace muster::core
