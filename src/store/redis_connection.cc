#include "src/store/redis_connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/store/redis_error.h"

namespace muster::store {

struct RedisConnection::Idle {
  uv_timer_t timer;
  std::shared_ptr<LoopGuard> guard;
};

struct RedisConnection::Write {
  uv_write_t request;
  std::string bytes;
};

RedisConnection::RedisConnection(uv_loop_t* loop, RedisUrl url, RedisUrlSource fresh,
                                 std::shared_ptr<LoopGuard> guard, Duration idle_max)
    : loop_(loop),
      url_(url),
      dialer_(loop, std::move(url), std::move(fresh), guard),
      guard_(std::move(guard)),
      idle_max_(idle_max),
      idle_(new Idle{{}, guard_}) {
  uv_timer_init(loop_, &idle_->timer);
  uv_unref(reinterpret_cast<uv_handle_t*>(&idle_->timer));
  idle_->timer.data = this;
}

void RedisConnection::Send(const std::vector<std::string>& command, Done done) {
  MUSTER_CHECK(done_ == nullptr && idle_ != nullptr);
  uv_timer_stop(&idle_->timer);
  command_ = FormatRedisCommand(command);
  done_ = std::move(done);
  kept_ = socket_ != nullptr;
  if (kept_) {
    WriteBytes(command_);
  } else {
    Dial();
  }
}

void RedisConnection::Dial() {
  dialer_.Dial([this](absl::StatusOr<RedisDialer::Connected> connected) {
    OnDialled(std::move(connected));
  });
}

void RedisConnection::OnDialled(absl::StatusOr<RedisDialer::Connected> connected) {
  if (!connected.ok()) return Lost(connected.status());
  url_ = std::move(connected->url);
  socket_ = connected->socket;
  socket_->tcp.data = this;
  reader_ = std::make_unique<RedisReader>();
  buffer_ = std::make_unique<char[]>(kBufferBytes);
  const int error = uv_read_start(reinterpret_cast<uv_stream_t*>(&socket_->tcp), OnAlloc, OnBytes);
  if (error != 0) return Lost(absl::UnavailableError(uv_strerror(error)));
  Greet();
}

// The command waits for the answers: without AUTH it might run with the rights of another user,
// without SELECT in another database.
void RedisConnection::Greet() {
  std::string greeting;
  greetings_ = 0;
  auth_pending_ = !url_.password.empty() || !url_.user.empty();
  if (auth_pending_) {
    std::vector<std::string> auth = {"AUTH"};
    if (!url_.user.empty()) auth.push_back(url_.user);
    auth.push_back(url_.password);
    greeting += FormatRedisCommand(auth);
    ++greetings_;
  }
  if (url_.database != 0) {
    greeting += FormatRedisCommand({"SELECT", absl::StrCat(url_.database)});
    ++greetings_;
  }
  WriteBytes(greetings_ == 0 ? command_ : std::move(greeting));
}

// A failed write is noticed by reading: the connection is lost either way.
void RedisConnection::WriteBytes(std::string bytes) {
  auto* write = new Write{{}, std::move(bytes)};
  write->request.data = write;
  const uv_buf_t buffer =
      uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  const int error =
      uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&socket_->tcp), &buffer, 1,
               [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); });
  if (error != 0) delete write;
}

void RedisConnection::OnAlloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  auto* self = static_cast<RedisConnection*>(handle->data);
  *buffer = uv_buf_init(self->buffer_.get(), kBufferBytes);
}

void RedisConnection::OnBytes(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* self = static_cast<RedisConnection*>(stream->data);
  if (count > 0) return self->Take({buffer->base, static_cast<size_t>(count)});
  if (count == 0) return;
  const auto error = static_cast<int>(count);
  self->Lost(absl::UnavailableError(error == UV_EOF
                                        ? "the server closed the connection"
                                        : absl::StrCat("connection lost: ", uv_strerror(error))));
}

void RedisConnection::Take(std::string_view bytes) {
  // More than was asked for: whatever it is, it would be taken for the next answer.
  if (done_ == nullptr) return Drop();
  const absl::Status fed = reader_->Feed(bytes);
  if (!fed.ok()) return Lost(fed);
  while (socket_ != nullptr) {
    absl::StatusOr<RedisReply> reply = reader_->Next();
    if (!reply.ok()) return Lost(reply.status());
    if (*reply == nullptr) return;
    if (!OnReply(*std::move(reply))) return;
  }
}

// False: the connection may be another by now.
bool RedisConnection::OnReply(RedisReply reply) {
  if (greetings_ > 0) {
    OnGreeting(*reply);
    return socket_ != nullptr;
  }
  if (reply->type != REDIS_REPLY_ERROR) {
    if (!reader_->empty()) Drop();  // as above
    Finish(std::move(reply));
    return false;
  }
  // After any error but a missing script the next connection begins with a fresh URL: the server
  // may have got another password, or have become the replica of another one.
  const absl::Status error = RedisError(TextOf(*reply), url_.password);
  if (error.code() == absl::StatusCode::kUnauthenticated) {
    Lost(error);
    return false;
  }
  if (error.code() != absl::StatusCode::kNotFound || !reader_->empty()) Drop();
  Finish(error);
  return false;
}

void RedisConnection::OnGreeting(const redisReply& reply) {
  const bool was_auth = std::exchange(auth_pending_, false);
  if (reply.type == REDIS_REPLY_ERROR) {
    const absl::Status error =
        was_auth ? RedisAuthError(TextOf(reply)) : RedisError(TextOf(reply), url_.password);
    return Lost(error);
  }
  if (--greetings_ == 0) WriteBytes(command_);
}

// The connection is gone or of no use. Whoever kept it open cannot have known; that is worth one
// new one.
void RedisConnection::Lost(absl::Status status) {
  Drop();
  if (done_ == nullptr) return;
  if (kept_) {
    kept_ = false;
    return Dial();
  }
  Finish(std::move(status));
}

void RedisConnection::Finish(absl::StatusOr<RedisReply> result) {
  const Done done = std::exchange(done_, nullptr);
  command_.clear();
  if (socket_ != nullptr) {
    uv_timer_start(
        &idle_->timer,
        [](uv_timer_t* timer) { static_cast<RedisConnection*>(timer->data)->Drop(); },
        static_cast<uint64_t>(idle_max_.millis()), 0);
  }
  if (result.ok()) return done(std::move(result));
  done(absl::Status(result.status().code(),
                    absl::StrCat(url_.Shown(), ": ", result.status().message())));
}

void RedisConnection::Drop() {
  if (idle_ != nullptr) uv_timer_stop(&idle_->timer);
  if (socket_ == nullptr) return;
  CloseRedisSocket(std::exchange(socket_, nullptr));
  reader_.reset();
  buffer_.reset();
  greetings_ = 0;
}

void RedisConnection::Abort() {
  done_ = nullptr;
  command_.clear();
  dialer_.Cancel();
  Drop();
}

void RedisConnection::Close() {
  if (idle_ == nullptr) return;
  Abort();
  dialer_.Close();
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_->timer),
           [](uv_handle_t* handle) { delete reinterpret_cast<Idle*>(handle); });
  idle_ = nullptr;
  guard_.reset();
}

}  // namespace muster::store
