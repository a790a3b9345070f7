#include "src/sim/core_process.h"

#include <utility>

#include "src/base/check.h"
#include "src/wire/limits.h"

namespace muster::sim {

using core::EventType;

const char* SightName(Sight sight) {
  switch (sight) {
    case Sight::kJoined:
      return "joined";
    case Sight::kSuspected:
      return "suspected";
    case Sight::kRefuted:
      return "refuted";
    case Sight::kFailed:
      return "failed";
    case Sight::kLeft:
      return "left";
    case Sight::kReturned:
      return "returned";
  }
  return "";
}

bool SightOf(const core::Event& event, Sight* sight) {
  switch (event.type) {
    case EventType::kMemberJoined:
      *sight = Sight::kJoined;
      return true;
    case EventType::kMemberSuspected:
      *sight = Sight::kSuspected;
      return true;
    case EventType::kMemberRefuted:
      *sight = Sight::kRefuted;
      return true;
    case EventType::kMemberFailed:
      *sight = Sight::kFailed;
      return true;
    case EventType::kMemberLeft:
      *sight = Sight::kLeft;
      return true;
    case EventType::kMemberReturned:
      *sight = Sight::kReturned;
      return true;
    default:
      return false;
  }
}

CoreProcess::CoreProcess(const core::Options& options, core::Identity identity, uint64_t seed,
                         TimePoint now, core::RecordPool* pool, std::vector<Address> seeds,
                         std::vector<Address> remembered)
    : node_(options, std::move(identity), seed, now, pool),
      seeds_(std::move(seeds)),
      remembered_(std::move(remembered)) {}

void CoreProcess::OnStart(TimePoint now, Outputs& out) {
  node_.SetSeeds(now, std::move(seeds_), std::move(remembered_), out.effects());
}

void CoreProcess::OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                             Outputs& out) {
  node_.HandlePacket(now, from, bytes, out.effects());
}

void CoreProcess::OnStreamOpened(TimePoint now, core::StreamId stream, const Address& peer,
                                 Outputs& out) {
  node_.HandleStreamOpened(now, stream, peer, out.effects());
}

void CoreProcess::OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                                  Outputs& out) {
  node_.HandleStreamMessage(now, stream, message.substr(wire::limits::kFrameHeaderBytes),
                            out.effects());
}

void CoreProcess::OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd end,
                                Outputs& out) {
  node_.HandleStreamClosed(now, stream, end, out.effects());
}

void CoreProcess::OnDeadline(TimePoint now, core::Backlog backlog, Outputs& out) {
  node_.HandleDeadline(now, backlog, out.effects());
}

void CoreProcess::OnLeave(TimePoint now, Outputs& out) { (void)node_.Leave(now, out.effects()); }

void CoreProcess::OnLateSend(TimePoint sent_at, uint32_t tag) {
  node_.HandleLateSend(sent_at, tag);
}

Standing CoreProcess::StandingOf(int member, const HostId& id) const {
  (void)member;
  const int64_t index = node_.members().IndexOf(id);
  const core::MemberView* view = index < 0 ? nullptr : node_.shown(static_cast<size_t>(index));
  if (view == nullptr) return Standing::kUnknown;
  switch (view->state) {
    case wire::State::kAlive:
    case wire::State::kLeaving:
      return Standing::kAlive;
    case wire::State::kSuspect:
      return Standing::kSuspect;
    case wire::State::kFailed:
      return Standing::kFailed;
    default:
      return Standing::kLeft;
  }
}

size_t CoreProcess::UpCount() const {
  return node_.shown_count(wire::State::kAlive) + node_.shown_count(wire::State::kSuspect);
}

size_t CoreProcess::DatagramBytesMax() const { return wire::limits::kDatagramBytesMax; }

size_t CoreProcess::MessageSize(std::string_view bytes) const {
  MUSTER_CHECK(bytes.size() > wire::limits::kFrameHeaderBytes);
  size_t length = 0;
  for (size_t i = 0; i < wire::limits::kFrameHeaderBytes; ++i) {
    length = length << 8 | static_cast<uint8_t>(bytes[i]);
  }
  // The simulated stream delivers what was sent: whole frames, always.
  MUSTER_CHECK(length > 0 && length <= wire::limits::kFrameBytesMax);
  MUSTER_CHECK(bytes.size() >= wire::limits::kFrameHeaderBytes + length);
  return wire::limits::kFrameHeaderBytes + length;
}

}  // namespace muster::sim
