#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "src/base/address.h"

namespace muster::runtime {

// The gossip datagram socket: non-blocking, don't-fragment. Sending never fails visibly: errors
// are counted. One thread.
//
// Reading takes one packet a system call into one small buffer. libuv's recvmmsg mode hands the
// kernel chunks of 64 KiB, of which every packet of a burst dirties pages of its own, and saves
// nothing for an agent at rest, whose wake-ups find one packet.
class UdpSocket {
 public:
  // Larger than any valid datagram (1,200), so that oversized ones are seen as such.
  static constexpr size_t kReceiveBytes = 2048;
  // Packets that wait for room in the kernel's buffer; more are dropped and counted.
  static constexpr size_t kQueuedMax = 256;

  struct Counters {
    uint64_t packets_in = 0;
    uint64_t packets_out = 0;
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t send_errors = 0;   // refused by the system: no route, firewall, too big for the path
    uint64_t send_dropped = 0;  // the queue was full
  };
  using OnPacket = std::function<void(const Address& from, std::string_view bytes)>;
  // A queued ping left just now.
  using OnLateSend = std::function<void(uint32_t probe_sequence)>;

  // Port 0 takes any free one. On failure the handle, if made, is closed by Close() as usual.
  absl::Status Open(uv_loop_t* loop, const Address& bind);
  absl::Status StartReading(OnPacket on_packet, OnLateSend on_late_send);
  void Send(const Address& to, std::string_view bytes, uint32_t probe_sequence);
  // Whether a packet waits in the kernel.
  bool HasInput() const;
  // `closed` runs on the loop when the handle is gone; at once when it was never made.
  void Close(std::function<void()> closed);

  const Address& bound() const { return bound_; }
  const Counters& counters() const { return counters_; }
  size_t queued() const { return queued_; }
  // Sends as if the kernel had no room: loopback always has.
  void QueueForTest(const Address& to, std::string_view bytes, uint32_t probe_sequence);

 private:
  struct QueuedSend;
  static void OnAllocate(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer);
  static void OnReceive(uv_udp_t* handle, ssize_t size, const uv_buf_t* buffer,
                        const sockaddr* from, unsigned flags);
  static void OnSent(uv_udp_send_t* request, int status);
  void Configure();
  void Queue(const sockaddr* to, std::string_view bytes, uint32_t probe_sequence);

  uv_udp_t handle_;
  bool made_ = false;
  int fd_ = -1;
  Address bound_;
  Counters counters_;
  size_t queued_ = 0;
  OnPacket on_packet_;
  OnLateSend on_late_send_;
  std::function<void()> closed_;
  char buffer_[kReceiveBytes];
};

}  // namespace muster::runtime
