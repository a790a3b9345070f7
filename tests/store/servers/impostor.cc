#include "tests/store/servers/impostor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace muster::store::testing {
namespace {

// One that waits, and one that the kernel lets in beyond a queue of none.
constexpr int kFillers = 4;

sockaddr_in Loopback() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

struct WriteRequest {
  uv_write_t request;
  std::string bytes;
};

template <typename T>
void CloseAndDelete(T* owner) {
  uv_close(reinterpret_cast<uv_handle_t*>(owner),
           [](uv_handle_t* handle) { delete reinterpret_cast<T*>(handle); });
}

}  // namespace

// The handle comes first in each: it is what libuv gives back.
struct Impostor::Listener {
  uv_tcp_t tcp;
};

struct Impostor::Trickle {
  uv_timer_t timer;
};

struct Impostor::Peer {
  uv_tcp_t tcp;
  Impostor* owner;
  int number;
  std::string pending;  // to be trickled
  char buffer[16 * 1024];
};

Impostor::Impostor(uv_loop_t* loop, Answer answer, Duration every, size_t step)
    : loop_(loop),
      answer_(std::move(answer)),
      every_(every),
      step_(step),
      listener_(new Listener),
      trickle_(new Trickle) {
  uv_tcp_init(loop_, &listener_->tcp);
  listener_->tcp.data = this;
  sockaddr_in address = Loopback();
  uv_tcp_bind(&listener_->tcp, reinterpret_cast<sockaddr*>(&address), 0);
  uv_listen(reinterpret_cast<uv_stream_t*>(&listener_->tcp), 16, OnConnection);
  int length = sizeof(address);
  uv_tcp_getsockname(&listener_->tcp, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  uv_timer_init(loop_, &trickle_->timer);
  trickle_->timer.data = this;
  if (every_ <= Duration::Zero()) return;
  const auto ms = static_cast<uint64_t>(every_.millis_ceil());
  uv_timer_start(
      &trickle_->timer,
      [](uv_timer_t* timer) {
        auto* self = static_cast<Impostor*>(timer->data);
        for (Peer* peer : self->peers_) {
          if (peer->pending.empty()) continue;
          const size_t size = std::min(self->step_, peer->pending.size());
          uv_buf_t buffer = uv_buf_init(peer->pending.data(), static_cast<unsigned>(size));
          const int sent = uv_try_write(reinterpret_cast<uv_stream_t*>(&peer->tcp), &buffer, 1);
          peer->pending.erase(0, static_cast<size_t>(std::max(sent, 0)));
        }
      },
      ms, ms);
}

Impostor::~Impostor() {
  while (!peers_.empty()) Drop(peers_.back());
  CloseAndDelete(listener_);
  CloseAndDelete(trickle_);
}

void Impostor::OnConnection(uv_stream_t* stream, int status) {
  auto* self = static_cast<Impostor*>(stream->data);
  if (status != 0) return;
  auto* peer = new Peer;
  uv_tcp_init(self->loop_, &peer->tcp);
  peer->tcp.data = peer;
  peer->owner = self;
  peer->number = ++self->connections_;
  self->peers_.push_back(peer);
  uv_accept(stream, reinterpret_cast<uv_stream_t*>(&peer->tcp));
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&peer->tcp),
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        auto* reader = static_cast<Peer*>(handle->data);
        *buffer = uv_buf_init(reader->buffer, sizeof(reader->buffer));
      },
      OnBytes);
  self->Say(peer, self->answer_(peer->number, ""));
}

void Impostor::OnBytes(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* peer = static_cast<Peer*>(stream->data);
  if (count < 0) return peer->owner->Drop(peer);
  peer->owner->Say(peer,
                   peer->owner->answer_(peer->number, {buffer->base, static_cast<size_t>(count)}));
}

void Impostor::Say(Peer* peer, std::string bytes) {
  if (bytes.empty()) return;
  if (every_ > Duration::Zero()) {
    peer->pending += bytes;
    return;
  }
  auto* write = new WriteRequest{{}, std::move(bytes)};
  write->request.data = write;
  const uv_buf_t buffer =
      uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&peer->tcp), &buffer, 1,
           [](uv_write_t* request, int) { delete static_cast<WriteRequest*>(request->data); });
}

void Impostor::Drop(Peer* peer) {
  peers_.erase(std::find(peers_.begin(), peers_.end(), peer));
  CloseAndDelete(peer);
}

BlackHole::BlackHole() {
  sockaddr_in address = Loopback();
  socklen_t length = sizeof(address);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener, 0) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return;
  }
  port_ = ntohs(address.sin_port);
  for (int i = 0; i < kFillers; ++i) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(filler);
    // In progress at most: nobody accepts.
    (void)connect(filler, reinterpret_cast<sockaddr*>(&address), length);
  }
}

BlackHole::~BlackHole() {
  for (const int each : sockets_) close(each);
}

}  // namespace muster::store::testing
