#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/base/time.h"
#include "src/core/event.h"

namespace muster::core {

// Names one stream between a node and its host. Streams that the node opens have odd ids, chosen by
// the node; streams that the host accepted have even ids, chosen by the host; no id is used twice.
using StreamId = uint64_t;

// Why a stream ended, as the host saw it.
enum class StreamEnd : uint8_t {
  kClosed,       // the other side closed it in good order
  kRefused,      // connect was answered by a refusal: the host is there, the agent is not
  kUnreachable,  // connect failed in another way
  kTimedOut,     // its budget ran out
  kBroken,       // reset
  kJunk,         // its bytes are no frames: a bad length, or an end within a frame
};

// The output buffer of one call, owned and reused by the host: cleared by the host, appended to by
// the node in a deterministic order. Payload bytes live in one arena, so a warm buffer allocates
// nothing.
class Effects {
 public:
  struct Datagram {
    Address to;
    uint32_t offset;
    uint32_t size;
    // Not 0: a probe's ping. A host that could not send it at once must call
    // Node::HandleLateSend(sent_at, sequence) when it left.
    uint32_t probe_sequence;
  };
  enum class StreamVerb : uint8_t { kOpen, kSend, kClose };
  // kOpen: connect to `to` and end the stream after `budget` whatever happens. kSend: whole frames
  // (length included), in order; what is sent before the connection stands is kept by the host.
  // kClose: after everything sent has left. The node expects no HandleStreamClosed for its own.
  struct StreamAction {
    StreamVerb verb;
    StreamId stream;
    Address to;
    Duration budget;
    uint32_t offset;
    uint32_t size;
  };

  void Clear() {
    arena_.clear();
    datagrams_.clear();
    stream_actions_.clear();
    events_.clear();
  }
  bool empty() const { return datagrams_.empty() && stream_actions_.empty() && events_.empty(); }

  // For hosts. Views are valid until the next append or Clear.
  const std::vector<Datagram>& datagrams() const { return datagrams_; }
  const std::vector<StreamAction>& stream_actions() const { return stream_actions_; }
  const std::vector<Event>& events() const { return events_; }
  std::string_view bytes(const Datagram& d) const {
    return std::string_view(arena_).substr(d.offset, d.size);
  }
  std::string_view bytes(const StreamAction& a) const {
    return std::string_view(arena_).substr(a.offset, a.size);
  }

  // For the node: write the payload at the end of arena(), then name its size.
  std::string& arena() { return arena_; }
  void AddDatagram(const Address& to, size_t size, uint32_t probe_sequence = 0) {
    datagrams_.push_back({to, static_cast<uint32_t>(arena_.size() - size),
                          static_cast<uint32_t>(size), probe_sequence});
  }
  void OpenStream(StreamId stream, const Address& to, Duration budget) {
    stream_actions_.push_back({StreamVerb::kOpen, stream, to, budget, 0, 0});
  }
  void SendOnStream(StreamId stream, size_t size) {
    stream_actions_.push_back({StreamVerb::kSend, stream, Address(), Duration(),
                               static_cast<uint32_t>(arena_.size() - size),
                               static_cast<uint32_t>(size)});
  }
  void CloseStream(StreamId stream) {
    stream_actions_.push_back({StreamVerb::kClose, stream, Address(), Duration(), 0, 0});
  }
  Event& AddEvent(EventType type) {
    events_.emplace_back();
    events_.back().type = type;
    return events_.back();
  }

 private:
  std::string arena_;
  std::vector<Datagram> datagrams_;
  std::vector<StreamAction> stream_actions_;
  std::vector<Event> events_;
};

}  // namespace muster::core
