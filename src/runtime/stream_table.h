#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "src/base/address.h"
#include "src/base/deadline_heap.h"
#include "src/base/time.h"
#include "src/core/effects.h"

namespace muster::runtime {

// All TCP streams of one agent: the listener, those accepted and those opened. Cuts what arrives
// into frames, keeps what cannot be sent yet, and ends every stream by its budget whatever the
// other side does. One thread.
//
// Beyond `inbound_max` accepted streams at once, connections stay in the listener's backlog until
// one ends: a flood of them costs no memory here.
class StreamTable {
 public:
  struct Limits {
    size_t inbound_max = 128;
    Duration inbound_budget = Duration::Seconds(8);
    // Bytes that wait to be sent: on one stream, and on all together. A stream that exceeds either
    // is broken.
    size_t queued_bytes_max = size_t{16} << 20;
    size_t queued_bytes_total_max = size_t{64} << 20;
  };
  struct Counters {
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
  };
  // How long a stream that the host closed may take to deliver its last bytes and see the other
  // side close; its budget, when that ends earlier.
  static constexpr Duration kLinger = Duration::Seconds(2);
  static constexpr int kBacklog = 511;
  static constexpr size_t kReadBytes = 16 * 1024;

  // Called from the loop only, never within a call of a method here other than HandleDeadlines.
  class Handler {
   public:
    virtual ~Handler() = default;
    // Accepted (even id), or the connection asked for by Open() stands.
    virtual void OnStreamOpened(core::StreamId stream, const Address& peer) = 0;
    virtual void OnStreamMessage(core::StreamId stream, std::string_view body) = 0;
    // Not called for streams that CloseAfterFlush() ended.
    virtual void OnStreamEnded(core::StreamId stream, core::StreamEnd end) = 0;
  };

  // `handler` and `loop` must outlive the table. Connections are made from the IP of `bind` when
  // that is a specific one, so that several agents on one host are told apart.
  absl::Status Listen(uv_loop_t* loop, const Address& bind, const Limits& limits, Handler* handler);

  // The three actions of the core. A failure is not reported from within: TakeFailed() has it.
  void Open(core::StreamId stream, const Address& to, Duration budget);
  void Send(core::StreamId stream, std::string_view bytes);
  void CloseAfterFlush(core::StreamId stream);
  // Streams that ended within one of the calls above, in order; false when there is none left.
  bool TakeFailed(core::StreamId* stream, core::StreamEnd* end);

  TimePoint next_deadline() const { return deadlines_.next(); }
  void HandleDeadlines(TimePoint now);

  // `closed` runs on the loop when all handles are gone; at once when there were none.
  void Close(std::function<void()> closed);

  const Counters& counters() const { return counters_; }
  size_t size() const { return streams_.size(); }
  size_t inbound() const { return inbound_; }
  size_t queued_bytes() const { return queued_bytes_; }

 private:
  struct Stream;
  struct Write;
  static void OnConnection(uv_stream_t* listener, int status);
  static void OnConnected(uv_connect_t* request, int status);
  static void OnAllocate(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer);
  static void OnRead(uv_stream_t* handle, ssize_t size, const uv_buf_t* buffer);
  static void OnWritten(uv_write_t* request, int status);
  static void OnShutdown(uv_shutdown_t* request, int status);
  static void OnStreamClosed(uv_handle_t* handle);
  static void OnListenerClosed(uv_handle_t* handle);

  Stream* Find(core::StreamId id);
  Stream* Make(core::StreamId id, Duration budget);
  int Connect(Stream* stream);
  void Accept();
  void HandleBytes(Stream* stream, std::string_view bytes);
  void HandleEndOfInput(Stream* stream, ssize_t error);
  // False when the stream is broken.
  bool WriteBytes(Stream* stream, std::string_view bytes);
  void Shutdown(Stream* stream);
  // Takes the stream out of the table and closes its socket; tells nobody.
  void Drop(Stream* stream);
  // Drop(), then tell the handler unless the host had closed the stream.
  void End(Stream* stream, core::StreamEnd end);
  void Fail(Stream* stream, core::StreamEnd end);
  void HandleClosed();

  uv_loop_t* loop_ = nullptr;
  Handler* handler_ = nullptr;
  Limits limits_;
  Address bind_;
  uv_tcp_t listener_;
  bool listening_ = false;
  bool accept_waits_ = false;  // libuv holds a connection that we have not taken
  bool closing_ = false;
  std::function<void()> closed_;
  int handles_ = 0;
  core::StreamId next_inbound_id_ = 2;
  size_t inbound_ = 0;  // handles, those still closing included
  size_t queued_bytes_ = 0;
  std::map<core::StreamId, Stream*> streams_;
  DeadlineHeap<core::StreamId> deadlines_;
  struct Failure {
    core::StreamId stream;
    core::StreamEnd end;
  };
  std::vector<Failure> failed_;
  // One buffer for all reads, held only while there are streams.
  std::unique_ptr<char[]> read_buffer_;
  Counters counters_;
};

}  // namespace muster::runtime
