#include "src/runtime/stream_table.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/runtime/clock.h"
#include "src/runtime/sockaddr.h"
#include "src/wire/framing.h"

namespace muster::runtime {

using core::StreamEnd;
using core::StreamId;

// Owned by the loop from Make() to OnStreamClosed(); in the table only until Drop().
struct StreamTable::Stream {
  enum class Phase : uint8_t {
    kConnecting,
    kOpen,
    kClosing,  // closed by the host: flush, shut down, wait for the other side
    kDropped,  // out of the table, its handle closing
  };
  uv_tcp_t handle;
  uv_connect_t connect;
  uv_shutdown_t shutdown;
  StreamTable* table;
  StreamId id;
  Phase phase = Phase::kConnecting;
  bool connected = false;
  bool input_ended = false;
  bool shut_down = false;
  bool is_untouched = true;  // nothing was sent or received on it
  Address peer;
  size_t queued_bytes = 0;
  std::string before_connected;  // sent by the host while connecting
  wire::FrameReader reader;

  bool is_inbound() const { return id % 2 == 0; }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle); }
};

struct StreamTable::Write {
  uv_write_t request;
  Stream* stream;
  std::string bytes;
};

absl::Status StreamTable::Listen(uv_loop_t* loop, const Address& bind, const Limits& limits,
                                 Handler* handler) {
  loop_ = loop;
  bind_ = bind;
  limits_ = limits;
  handler_ = handler;
  uv_tcp_init(loop, &listener_);
  listener_.data = this;
  listening_ = true;
  ++handles_;
  const sockaddr_storage local = ToSockaddr(bind, !bind.is_v4());
  int error = uv_tcp_bind(&listener_, reinterpret_cast<const sockaddr*>(&local), 0);
  // libuv keeps a busy port to itself until here.
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), kBacklog, OnConnection);
  }
  return error == 0 ? absl::OkStatus() : BindError("TCP", bind, error);
}

StreamTable::Stream* StreamTable::Find(StreamId id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second;
}

StreamTable::Stream* StreamTable::Make(StreamId id, Duration budget) {
  if (read_buffer_ == nullptr) read_buffer_ = std::make_unique<char[]>(kReadBytes);
  auto* stream = new Stream;
  stream->table = this;
  stream->id = id;
  uv_tcp_init(loop_, &stream->handle);
  stream->handle.data = stream;
  ++handles_;
  if (stream->is_inbound()) ++inbound_;
  streams_.emplace(id, stream);
  deadlines_.Set(id, MonotonicNow() + budget);
  return stream;
}

void StreamTable::OnConnection(uv_stream_t* listener, int status) {
  auto* self = static_cast<StreamTable*>(listener->data);
  if (status == 0 && !self->closing_) self->Accept();
}

void StreamTable::Accept() {
  if (inbound_ >= limits_.inbound_max) {
    accept_waits_ = true;
    return;
  }
  accept_waits_ = false;
  Stream* stream = Make(next_inbound_id_, limits_.inbound_budget);
  next_inbound_id_ += 2;
  sockaddr_storage peer{};
  int size = sizeof peer;
  if (uv_accept(reinterpret_cast<uv_stream_t*>(&listener_), stream->stream()) != 0 ||
      uv_tcp_getpeername(&stream->handle, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
      uv_read_start(stream->stream(), OnAllocate, OnRead) != 0) {
    Drop(stream);  // gone again before we took it
    return;
  }
  uv_tcp_nodelay(&stream->handle, 1);
  stream->peer = FromSockaddr(reinterpret_cast<const sockaddr*>(&peer));
  stream->phase = Stream::Phase::kOpen;
  stream->connected = true;
  handler_->OnStreamOpened(stream->id, stream->peer);
}

void StreamTable::Open(StreamId id, const Address& to, Duration budget) {
  Stream* stream = Make(id, budget);
  stream->peer = to;
  if (Connect(stream) != 0) Fail(stream, StreamEnd::kUnreachable);
}

int StreamTable::Connect(Stream* stream) {
  if (!CanReach(bind_, stream->peer)) return UV_EADDRNOTAVAIL;
  const bool ipv6 = !stream->peer.is_v4();
  const int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return uv_translate_sys_error(errno);
  if (!bind_.is_unspecified()) {
    // The port is chosen when connecting, so that one may serve several destinations.
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_storage source = ToSockaddr(bind_.WithPort(0), ipv6);
    const socklen_t size = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source), size) != 0) {
      const int error = uv_translate_sys_error(errno);
      close(fd);
      return error;
    }
  }
  if (const int error = uv_tcp_open(&stream->handle, fd); error != 0) {
    close(fd);
    return error;
  }
  stream->connect.data = stream;
  const sockaddr_storage remote = ToSockaddr(stream->peer, ipv6);
  return uv_tcp_connect(&stream->connect, &stream->handle,
                        reinterpret_cast<const sockaddr*>(&remote), OnConnected);
}

void StreamTable::OnConnected(uv_connect_t* request, int status) {
  auto* stream = static_cast<Stream*>(request->data);
  if (stream->phase == Stream::Phase::kDropped) return;
  StreamTable* self = stream->table;
  if (status != 0) {
    self->End(stream, status == UV_ECONNREFUSED ? StreamEnd::kRefused : StreamEnd::kUnreachable);
    return;
  }
  stream->connected = true;
  uv_tcp_nodelay(&stream->handle, 1);
  uv_read_start(stream->stream(), OnAllocate, OnRead);
  const std::string waiting = std::move(stream->before_connected);
  stream->before_connected.clear();
  stream->queued_bytes -= waiting.size();
  self->queued_bytes_ -= waiting.size();
  if (!waiting.empty() && !self->WriteBytes(stream, waiting)) {
    self->End(stream, StreamEnd::kBroken);
    return;
  }
  if (stream->phase == Stream::Phase::kClosing) {
    self->Shutdown(stream);
    return;
  }
  stream->phase = Stream::Phase::kOpen;
  self->handler_->OnStreamOpened(stream->id, stream->peer);
}

void StreamTable::Send(StreamId id, std::string_view bytes) {
  Stream* stream = Find(id);
  if (stream == nullptr || stream->phase == Stream::Phase::kClosing) return;
  if (stream->queued_bytes + bytes.size() > limits_.queued_bytes_max ||
      queued_bytes_ + bytes.size() > limits_.queued_bytes_total_max) {
    Fail(stream, StreamEnd::kBroken);
    return;
  }
  if (!stream->connected) {
    stream->before_connected += bytes;
    stream->queued_bytes += bytes.size();
    queued_bytes_ += bytes.size();
    return;
  }
  if (!WriteBytes(stream, bytes)) Fail(stream, StreamEnd::kBroken);
}

bool StreamTable::WriteBytes(Stream* stream, std::string_view bytes) {
  stream->is_untouched = false;
  const uv_buf_t all =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int written = uv_try_write(stream->stream(), &all, 1);
  if (written < 0 && written != UV_EAGAIN) return false;
  if (written > 0) {
    counters_.bytes_out += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (bytes.empty()) return true;
  auto write = std::make_unique<Write>();
  write->stream = stream;
  write->bytes = bytes;
  write->request.data = write.get();
  const uv_buf_t rest =
      uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  if (uv_write(&write->request, stream->stream(), &rest, 1, OnWritten) != 0) return false;
  stream->queued_bytes += bytes.size();
  queued_bytes_ += bytes.size();
  write.release();
  return true;
}

void StreamTable::OnWritten(uv_write_t* request, int status) {
  const std::unique_ptr<Write> write(static_cast<Write*>(request->data));
  Stream* stream = write->stream;
  StreamTable* self = stream->table;
  stream->queued_bytes -= write->bytes.size();
  self->queued_bytes_ -= write->bytes.size();
  if (status == 0) {
    self->counters_.bytes_out += write->bytes.size();
  } else if (stream->phase != Stream::Phase::kDropped) {
    self->End(stream, StreamEnd::kBroken);
  }
}

void StreamTable::CloseAfterFlush(StreamId id) {
  Stream* stream = Find(id);
  if (stream == nullptr || stream->phase == Stream::Phase::kClosing) return;
  const bool is_idle = stream->connected ? stream->is_untouched : stream->before_connected.empty();
  if (is_idle) {
    // There is nothing to flush, and whoever said nothing may never end its side.
    Drop(stream);
    return;
  }
  stream->phase = Stream::Phase::kClosing;
  deadlines_.Set(id, std::min(deadlines_.at(id), MonotonicNow() + kLinger));
  if (stream->connected) Shutdown(stream);
}

// After what is queued: libuv sends the end of the stream behind the last write.
void StreamTable::Shutdown(Stream* stream) {
  stream->shutdown.data = stream;
  if (uv_shutdown(&stream->shutdown, stream->stream(), OnShutdown) != 0) Drop(stream);
}

void StreamTable::OnShutdown(uv_shutdown_t* request, int status) {
  auto* stream = static_cast<Stream*>(request->data);
  if (stream->phase == Stream::Phase::kDropped) return;
  stream->shut_down = true;
  if (status != 0 || stream->input_ended) stream->table->Drop(stream);
}

void StreamTable::OnAllocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  auto* stream = static_cast<Stream*>(handle->data);
  *buffer = uv_buf_init(stream->table->read_buffer_.get(), kReadBytes);
}

void StreamTable::OnRead(uv_stream_t* handle, ssize_t size, const uv_buf_t* buffer) {
  auto* stream = static_cast<Stream*>(handle->data);
  if (size == 0 || stream->phase == Stream::Phase::kDropped) return;
  if (size < 0) {
    stream->table->HandleEndOfInput(stream, size);
    return;
  }
  stream->is_untouched = false;
  stream->table->counters_.bytes_in += static_cast<uint64_t>(size);
  // What comes after the host's own close is read and forgotten, so that the socket ends in good
  // order: closing it with unread bytes would reset the connection under our last frame.
  if (stream->phase == Stream::Phase::kOpen) {
    stream->table->HandleBytes(stream, std::string_view(buffer->base, static_cast<size_t>(size)));
  }
}

void StreamTable::HandleBytes(Stream* stream, std::string_view bytes) {
  stream->reader.Append(bytes);
  while (stream->phase == Stream::Phase::kOpen) {
    std::string_view body;
    switch (stream->reader.Next(&body)) {
      case wire::FrameReader::Result::kFrame:
        handler_->OnStreamMessage(stream->id, body);
        break;
      case wire::FrameReader::Result::kNeedMore:
        return;
      case wire::FrameReader::Result::kBadLength:
        End(stream, StreamEnd::kJunk);
        return;
    }
  }
}

void StreamTable::HandleEndOfInput(Stream* stream, ssize_t error) {
  if (error != UV_EOF) {
    End(stream, StreamEnd::kBroken);
    return;
  }
  stream->input_ended = true;
  if (stream->phase == Stream::Phase::kClosing) {
    if (stream->shut_down) Drop(stream);
    return;
  }
  const bool whole = stream->reader.buffered_bytes() == 0;
  End(stream, whole ? StreamEnd::kClosed : StreamEnd::kJunk);
}

void StreamTable::Drop(Stream* stream) {
  if (stream->phase == Stream::Phase::kDropped) return;
  stream->phase = Stream::Phase::kDropped;
  stream->queued_bytes -= stream->before_connected.size();
  queued_bytes_ -= stream->before_connected.size();
  stream->before_connected.clear();
  streams_.erase(stream->id);
  deadlines_.Clear(stream->id);
  uv_close(reinterpret_cast<uv_handle_t*>(&stream->handle), OnStreamClosed);
}

void StreamTable::End(Stream* stream, StreamEnd end) {
  const bool by_host = stream->phase == Stream::Phase::kClosing;
  const StreamId id = stream->id;
  Drop(stream);
  if (!by_host) handler_->OnStreamEnded(id, end);
}

void StreamTable::Fail(Stream* stream, StreamEnd end) {
  failed_.push_back({stream->id, end});
  Drop(stream);
}

bool StreamTable::TakeFailed(StreamId* stream, StreamEnd* end) {
  if (failed_.empty()) return false;
  *stream = failed_.front().stream;
  *end = failed_.front().end;
  failed_.erase(failed_.begin());
  return true;
}

void StreamTable::HandleDeadlines(TimePoint now) {
  StreamId id = 0;
  while (deadlines_.PopDue(now, &id)) {
    if (Stream* stream = Find(id)) End(stream, StreamEnd::kTimedOut);
  }
}

void StreamTable::OnStreamClosed(uv_handle_t* handle) {
  const std::unique_ptr<Stream> stream(static_cast<Stream*>(handle->data));
  StreamTable* self = stream->table;
  if (stream->is_inbound()) --self->inbound_;
  self->HandleClosed();
}

void StreamTable::OnListenerClosed(uv_handle_t* handle) {
  static_cast<StreamTable*>(handle->data)->HandleClosed();
}

void StreamTable::HandleClosed() {
  --handles_;
  if (streams_.empty()) read_buffer_.reset();
  if (!closing_) {
    if (accept_waits_) Accept();
  } else if (handles_ == 0) {
    const std::function<void()> closed = std::move(closed_);
    closed();
  }
}

void StreamTable::Close(std::function<void()> closed) {
  closing_ = true;
  if (handles_ == 0) {
    closed();
    return;
  }
  closed_ = std::move(closed);
  while (!streams_.empty()) Drop(streams_.begin()->second);
  if (listening_) uv_close(reinterpret_cast<uv_handle_t*>(&listener_), OnListenerClosed);
  listening_ = false;
}

}  // namespace muster::runtime
