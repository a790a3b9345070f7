#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/sim/network.h"
#include "src/sim/sim_event.h"

namespace muster::sim {

struct StreamCounts {
  uint64_t opened = 0;
  uint64_t accepted = 0;
  uint64_t refused = 0;
  uint64_t timed_out = 0;
  uint64_t broken = 0;
  uint64_t bytes = 0;
};

// The TCP of the simulated world: connections that cost a round trip, deliver in order, wait out
// loss and cuts by retransmission (RFC 6298: 1 s for the first segment, then at least 0.2 s,
// doubling), are refused where a machine runs without the process, and get no answer where nothing
// runs. The kernel of a paused process accepts and buffers, and nobody answers. Not thread-safe.
class StreamTable {
 public:
  enum class Listener : uint8_t { kNothing, kRefuses, kAccepts };

  // The hosts, as the streams need them. The three On* calls may run a node, which may use its
  // streams again.
  class Hosts {
   public:
    virtual ~Hosts() = default;
    virtual int HostAt(const Address& address) const = 0;  // -1: nobody
    virtual Listener ListenerAt(int host) const = 0;
    virtual Address AddressOf(int host) const = 0;
    virtual bool Reads(int host) const = 0;  // false while paused
    virtual core::StreamId NextAcceptedId(int host) = 0;
    virtual Duration AcceptedBudget(int host) const = 0;
    virtual void OnStreamOpened(int host, core::StreamId stream, const Address& peer) = 0;
    virtual void OnStreamFrames(int host, core::StreamId stream, std::string_view frames) = 0;
    virtual void OnStreamEnded(int host, core::StreamId stream, core::StreamEnd end) = 0;
    // At `arrives` the host will be given bytes that were written at `written`: loss kept them
    // back.
    virtual void OnBytesKeptBack(int host, TimePoint written, TimePoint arrives) = 0;
  };

  StreamTable(SimQueue* queue, Network* network, Hosts* hosts)
      : queue_(queue), network_(network), hosts_(hosts) {}
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;
  void AddHost() { by_id_.emplace_back(); }

  // ---- What a node asks for (core::Effects::StreamAction) ----
  void Open(TimePoint now, int host, core::StreamId stream, const Address& to, Duration budget);
  // Unknown streams are ignored: they ended before the node could know.
  void Send(TimePoint now, int host, core::StreamId stream, std::string_view frames);
  void Close(TimePoint now, int host, core::StreamId stream);

  // ---- What happens to hosts ----
  // The process is gone: its kernel resets its connections, unless the machine went with it.
  void ProcessDied(TimePoint now, int host, bool machine_is_up);
  // The process ended in good order: what it sent is still delivered.
  void ProcessExited(TimePoint now, int host);
  // It reads again after a pause: its receive buffers are empty.
  void BuffersRead(int host);

  // A SimEvent of kind kStream is due.
  void Handle(TimePoint now, const SimEvent& event);

  size_t open_connections() const { return open_connections_; }
  const StreamCounts& counts() const { return counts_; }

 private:
  struct Chunk {
    std::string bytes;
    bool fin = false;
    TimePoint written;
  };
  // What one end sends.
  struct Direction {
    bool connected = false;  // the handshake is done for this sender
    bool waiting = false;    // for a retransmission
    Duration timeout;
    TimePoint last_arrival;
    std::vector<Chunk> pending;
  };
  struct End {
    int host = -1;  // -1: nobody has accepted yet
    core::StreamId id = 0;
    bool open = false;      // the node still knows it
    size_t held_bytes = 0;  // received while paused
  };
  struct Connection {
    uint32_t run = 0;
    bool used = false;
    uint32_t in_flight = 0;
    Duration syn_timeout;
    Address to;
    Address opener;  // its address and the port of this connection
    End ends[2];     // opener, acceptor
    Direction sends[2];
  };

  SimEvent& Schedule(TimePoint at, SimEvent::Step step, uint32_t connection, int end);
  uint32_t Allocate();
  void FreeIfDone(uint32_t connection);
  void Forget(End* end);  // the node knows it no longer
  void SendSyn(TimePoint now, uint32_t connection);
  void SendChunk(TimePoint now, uint32_t connection, int end, std::string_view bytes, bool fin);
  // One attempt to bring a chunk across; on failure a retry is scheduled.
  bool TrySend(TimePoint now, uint32_t connection, int end, std::string_view bytes, bool fin);
  void Flush(TimePoint now, uint32_t connection, int end);
  void SendReset(TimePoint now, uint32_t connection, int to_end);
  void CloseEnd(TimePoint now, uint32_t connection, int end);
  void EndStream(uint32_t connection, int end, core::StreamEnd how);

  void HandleSyn(TimePoint now, uint32_t connection, int host);
  void HandleSynAck(TimePoint now, uint32_t connection);
  void HandleData(TimePoint now, const SimEvent& event);
  void HandleBudget(TimePoint now, uint32_t connection, int end);

  SimQueue* queue_;
  Network* network_;
  Hosts* hosts_;
  std::deque<Connection> connections_;
  std::vector<uint32_t> free_;
  std::vector<LookupMap<core::StreamId, uint32_t>> by_id_;  // a host's open streams
  size_t open_connections_ = 0;
  uint32_t next_port_ = 0;
  StreamCounts counts_;
};

}  // namespace muster::sim
