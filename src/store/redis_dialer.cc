#include "src/store/redis_dialer.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/address.h"
#include "src/base/check.h"
#include "src/store/presence_store.h"

namespace muster::store {
namespace {

constexpr uint64_t kConnectMs = static_cast<uint64_t>(PresenceStore::kConnectBudget.millis());

std::string NameOf(const sockaddr_storage& storage) {
  char name[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    uv_ip4_name(reinterpret_cast<const sockaddr_in*>(&storage), name, sizeof(name));
  } else {
    uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(&storage), name, sizeof(name));
  }
  return name;
}

void SetPort(sockaddr_storage* storage, uint16_t port) {
  if (storage->ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(storage)->sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6*>(storage)->sin6_port = htons(port);
  }
}

// True when `host` is an IP address, with a zone or without.
bool ReadIp(const std::string& host, sockaddr_storage* storage) {
  std::memset(storage, 0, sizeof(*storage));
  return uv_ip4_addr(host.c_str(), 0, reinterpret_cast<sockaddr_in*>(storage)) == 0 ||
         uv_ip6_addr(host.c_str(), 0, reinterpret_cast<sockaddr_in6*>(storage)) == 0;
}

}  // namespace

void CloseRedisSocket(RedisSocket* socket) {
  uv_close(reinterpret_cast<uv_handle_t*>(&socket->tcp),
           [](uv_handle_t* handle) { delete reinterpret_cast<RedisSocket*>(handle); });
}

struct RedisDialer::Timer {
  uv_timer_t timer;
  std::shared_ptr<LoopGuard> guard;
};

struct RedisDialer::PoolRead {
  uv_work_t work;
  RedisDialer* dialer;
  uint64_t dial;
  std::shared_ptr<LoopGuard> guard;
  RedisUrlSource source;
  absl::StatusOr<RedisUrl> url;
};

struct RedisDialer::PoolLookup {
  uv_getaddrinfo_t request;
  RedisDialer* dialer;
  uint64_t dial;
  std::shared_ptr<LoopGuard> guard;
};

struct RedisDialer::Attempt {
  uv_connect_t request;
  RedisDialer* dialer;  // null: nobody waits any more
  RedisSocket* socket;
};

RedisDialer::RedisDialer(uv_loop_t* loop, RedisUrl url, RedisUrlSource fresh,
                         std::shared_ptr<LoopGuard> guard)
    : loop_(loop),
      url_(std::move(url)),
      fresh_(std::move(fresh)),
      guard_(std::move(guard)),
      timer_(new Timer{{}, guard_}) {
  uv_timer_init(loop_, &timer_->timer);
  uv_unref(reinterpret_cast<uv_handle_t*>(&timer_->timer));
  timer_->timer.data = this;
}

void RedisDialer::Dial(Done done) {
  MUSTER_CHECK(done_ == nullptr && !closed_);
  done_ = std::move(done);
  ++dial_;
  // What an earlier dial left on the pool is waited for: a disk or resolver that hangs must not
  // take one thread of the pool after the other.
  if (pool_ != nullptr) return;
  uv_timer_start(
      &timer_->timer, [](uv_timer_t* timer) { static_cast<RedisDialer*>(timer->data)->Begin(); }, 0,
      0);
}

void RedisDialer::Begin() {
  if (fresh_) {
    BeginRead();
  } else {
    BeginLookup();
  }
}

void RedisDialer::BeginRead() {
  auto* read = new PoolRead{{}, this, dial_, guard_, fresh_, absl::UnknownError("")};
  read->work.data = read;
  pool_ = reinterpret_cast<uv_req_t*>(&read->work);
  const int error = uv_queue_work(
      loop_, &read->work,
      [](uv_work_t* work) {
        auto* self = static_cast<PoolRead*>(work->data);
        self->url = self->source();
      },
      OnRead);
  MUSTER_CHECK(error == 0);
}

// Whether the answer of the pool is for the dial under way. If another dial waited for the pool to
// be free, that one begins now.
bool RedisDialer::PoolAnswered(uint64_t dial) {
  pool_ = nullptr;
  if (closed_ || done_ == nullptr) return false;
  if (dial == dial_) return true;
  Begin();
  return false;
}

void RedisDialer::OnRead(uv_work_t* work, int status) {
  const std::unique_ptr<PoolRead> read(static_cast<PoolRead*>(work->data));
  RedisDialer* self = read->dialer;
  if (!self->PoolAnswered(read->dial)) return;
  if (status != 0) return self->Fail(absl::CancelledError("closed"));
  if (!read->url.ok()) {
    return self->Fail(absl::FailedPreconditionError(
        absl::StrCat("cannot read where the store is: ", read->url.status().message())));
  }
  self->url_ = *std::move(read->url);
  self->BeginLookup();
}

void RedisDialer::BeginLookup() {
  addresses_.clear();
  next_ = 0;
  last_error_.clear();
  sockaddr_storage address;
  if (ReadIp(url_.host, &address)) {
    SetPort(&address, url_.port);
    addresses_.push_back(address);
    deadline_ms_ = uv_now(loop_) + kConnectMs;
    return TryNext();
  }
  auto* lookup = new PoolLookup{{}, this, dial_, guard_};
  lookup->request.data = lookup;
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  pool_ = reinterpret_cast<uv_req_t*>(&lookup->request);
  const int error =
      uv_getaddrinfo(loop_, &lookup->request, OnLookup, url_.host.c_str(), nullptr, &hints);
  if (error == 0) return;
  pool_ = nullptr;
  delete lookup;
  Fail(absl::UnavailableError(absl::StrCat("looking up the host: ", uv_strerror(error))));
}

void RedisDialer::OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* list) {
  const std::unique_ptr<PoolLookup> lookup(static_cast<PoolLookup*>(request->data));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, uv_freeaddrinfo);
  RedisDialer* self = lookup->dialer;
  if (!self->PoolAnswered(lookup->dial)) return;
  for (const addrinfo* each = list; status == 0 && each != nullptr; each = each->ai_next) {
    if (self->addresses_.size() == kAddressesMax) break;
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    sockaddr_storage address = {};
    std::memcpy(&address, each->ai_addr, std::min<size_t>(each->ai_addrlen, sizeof(address)));
    SetPort(&address, self->url_.port);
    self->addresses_.push_back(address);
  }
  if (self->addresses_.empty()) {
    return self->Fail(absl::UnavailableError(
        absl::StrCat("looking up the host: ", status == 0 ? "no address" : uv_strerror(status))));
  }
  self->deadline_ms_ = uv_now(self->loop_) + kConnectMs;
  self->TryNext();
}

// Each address gets an equal share of the time that is left, so that one that swallows packets
// leaves some for the next.
void RedisDialer::TryNext() {
  while (next_ < addresses_.size()) {
    const sockaddr_storage& address = addresses_[next_];
    const uint64_t now_ms = uv_now(loop_);
    const uint64_t left_ms = deadline_ms_ > now_ms ? deadline_ms_ - now_ms : 0;
    const uint64_t share_ms = left_ms / (addresses_.size() - next_);
    ++next_;
    auto* socket = new RedisSocket{{}, guard_};
    uv_tcp_init(loop_, &socket->tcp);
    uv_unref(reinterpret_cast<uv_handle_t*>(&socket->tcp));
    attempt_ = new Attempt{{}, this, socket};
    attempt_->request.data = attempt_;
    const int error = uv_tcp_connect(&attempt_->request, &socket->tcp,
                                     reinterpret_cast<const sockaddr*>(&address), OnConnect);
    if (error == 0) {
      uv_timer_start(
          &timer_->timer,
          [](uv_timer_t* timer) {
            auto* self = static_cast<RedisDialer*>(timer->data);
            self->last_error_ =
                absl::StrCat(NameOf(self->addresses_[self->next_ - 1]), " does not answer");
            self->DropAttempt();
            self->TryNext();
          },
          share_ms, 0);
      return;
    }
    last_error_ = absl::StrCat(NameOf(address), ": ", uv_strerror(error));
    delete std::exchange(attempt_, nullptr);
    CloseRedisSocket(socket);
  }
  Fail(absl::UnavailableError(absl::StrCat("cannot connect: ", last_error_)));
}

void RedisDialer::OnConnect(uv_connect_t* request, int status) {
  const std::unique_ptr<Attempt> attempt(static_cast<Attempt*>(request->data));
  RedisDialer* self = attempt->dialer;
  if (self == nullptr) return;  // the socket is closing
  self->attempt_ = nullptr;
  uv_timer_stop(&self->timer_->timer);
  if (status != 0) {
    self->last_error_ =
        absl::StrCat(NameOf(self->addresses_[self->next_ - 1]), ": ", uv_strerror(status));
    CloseRedisSocket(attempt->socket);
    return self->TryNext();
  }
  uv_tcp_nodelay(&attempt->socket->tcp, 1);
  const Done done = std::exchange(self->done_, nullptr);
  done(Connected{attempt->socket, self->url_});
}

// libuv calls OnConnect for a closing socket too, with the attempt that nobody waits for.
void RedisDialer::DropAttempt() {
  if (attempt_ == nullptr) return;
  attempt_->dialer = nullptr;
  CloseRedisSocket(attempt_->socket);
  attempt_ = nullptr;
}

void RedisDialer::Fail(absl::Status status) {
  const Done done = std::exchange(done_, nullptr);
  done(std::move(status));
}

void RedisDialer::Cancel() {
  done_ = nullptr;
  if (!closed_) uv_timer_stop(&timer_->timer);
  DropAttempt();
}

void RedisDialer::Close() {
  if (closed_) return;
  Cancel();
  closed_ = true;
  if (pool_ != nullptr) uv_cancel(pool_);  // no matter whether it had begun
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_->timer),
           [](uv_handle_t* handle) { delete reinterpret_cast<Timer*>(handle); });
  guard_.reset();
}

}  // namespace muster::store
