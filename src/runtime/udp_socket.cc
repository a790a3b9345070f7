#include "src/runtime/udp_socket.h"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/runtime/sockaddr.h"

namespace muster::runtime {
namespace {

// Room for a burst: 256 agents that join at once through one seed send it a few hundred packets
// within milliseconds. Kernel memory, taken only while packets wait.
constexpr int kReceiveBufferBytes = 1 << 20;

}  // namespace

struct UdpSocket::QueuedSend {
  uv_udp_send_t request;
  UdpSocket* socket;
  uint32_t probe_sequence;
  std::string bytes;
};

absl::Status UdpSocket::Open(uv_loop_t* loop, const Address& bind) {
  uv_udp_init(loop, &handle_);
  handle_.data = this;
  made_ = true;
  const sockaddr_storage local = ToSockaddr(bind, !bind.is_v4());
  if (const int error = uv_udp_bind(&handle_, reinterpret_cast<const sockaddr*>(&local), 0);
      error != 0) {
    return BindError("UDP", bind, error);
  }
  sockaddr_storage actual{};
  int size = sizeof actual;
  uv_udp_getsockname(&handle_, reinterpret_cast<sockaddr*>(&actual), &size);
  bound_ = bind.WithPort(FromSockaddr(reinterpret_cast<const sockaddr*>(&actual)).port());
  Configure();
  return absl::OkStatus();
}

void UdpSocket::Configure() {
  uv_fileno(reinterpret_cast<uv_handle_t*>(&handle_), &fd_);
  // Beyond the system's limit where permitted; else as much as it gives.
  if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes,
                 sizeof kReceiveBufferBytes) != 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  }
  const int never_fragment = IP_PMTUDISC_DO;
  setsockopt(fd_, IPPROTO_IP, IP_MTU_DISCOVER, &never_fragment, sizeof never_fragment);
  if (!bound_.is_v4()) {
    const int never_fragment_v6 = IPV6_PMTUDISC_DO;
    setsockopt(fd_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &never_fragment_v6, sizeof never_fragment_v6);
  }
}

absl::Status UdpSocket::StartReading(OnPacket on_packet, OnLateSend on_late_send) {
  on_packet_ = std::move(on_packet);
  on_late_send_ = std::move(on_late_send);
  if (const int error = uv_udp_recv_start(&handle_, OnAllocate, OnReceive); error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot read from UDP ", bound_.ToString(), "\n", uv_strerror(error)));
  }
  return absl::OkStatus();
}

void UdpSocket::OnAllocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  auto* self = static_cast<UdpSocket*>(handle->data);
  *buffer = uv_buf_init(self->buffer_, sizeof self->buffer_);
}

void UdpSocket::OnReceive(uv_udp_t* handle, ssize_t size, const uv_buf_t* buffer,
                          const sockaddr* from, unsigned) {
  // No sender: nothing more to read, or an error of the socket that the next read shows again.
  if (size < 0 || from == nullptr) return;
  auto* self = static_cast<UdpSocket*>(handle->data);
  ++self->counters_.packets_in;
  self->counters_.bytes_in += static_cast<uint64_t>(size);
  self->on_packet_(FromSockaddr(from), std::string_view(buffer->base, static_cast<size_t>(size)));
}

void UdpSocket::Send(const Address& to, std::string_view bytes, uint32_t probe_sequence) {
  const sockaddr_storage remote = ToSockaddr(to, !bound_.is_v4());
  const auto* target = reinterpret_cast<const sockaddr*>(&remote);
  const uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int sent = uv_udp_try_send(&handle_, &buffer, 1, target);
  if (sent >= 0) {
    ++counters_.packets_out;
    counters_.bytes_out += bytes.size();
  } else if (sent == UV_EAGAIN) {
    Queue(target, bytes, probe_sequence);
  } else {
    ++counters_.send_errors;
  }
}

void UdpSocket::Queue(const sockaddr* to, std::string_view bytes, uint32_t probe_sequence) {
  if (queued_ >= kQueuedMax) {
    ++counters_.send_dropped;
    return;
  }
  auto send = std::make_unique<QueuedSend>();
  send->socket = this;
  send->probe_sequence = probe_sequence;
  send->bytes = bytes;
  send->request.data = send.get();
  const uv_buf_t buffer =
      uv_buf_init(send->bytes.data(), static_cast<unsigned>(send->bytes.size()));
  if (uv_udp_send(&send->request, &handle_, &buffer, 1, to, OnSent) != 0) {
    ++counters_.send_errors;
    return;
  }
  ++queued_;
  send.release();
}

void UdpSocket::QueueForTest(const Address& to, std::string_view bytes, uint32_t probe_sequence) {
  const sockaddr_storage remote = ToSockaddr(to, !bound_.is_v4());
  Queue(reinterpret_cast<const sockaddr*>(&remote), bytes, probe_sequence);
}

void UdpSocket::OnSent(uv_udp_send_t* request, int status) {
  const std::unique_ptr<QueuedSend> send(static_cast<QueuedSend*>(request->data));
  UdpSocket* self = send->socket;
  --self->queued_;
  if (status != 0) {
    ++self->counters_.send_errors;
    return;
  }
  ++self->counters_.packets_out;
  self->counters_.bytes_out += send->bytes.size();
  if (send->probe_sequence != 0 && self->on_late_send_) self->on_late_send_(send->probe_sequence);
}

bool UdpSocket::HasInput() const {
  int bytes = 0;
  return ioctl(fd_, FIONREAD, &bytes) == 0 && bytes > 0;
}

void UdpSocket::Close(std::function<void()> closed) {
  if (!made_) {
    closed();
    return;
  }
  made_ = false;
  on_late_send_ = nullptr;
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), [](uv_handle_t* handle) {
    const std::function<void()> done = std::move(static_cast<UdpSocket*>(handle->data)->closed_);
    done();
  });
}

}  // namespace muster::runtime
