#include "src/api/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "src/api/context.h"
#include "src/base/check.h"

namespace muster::api {
namespace {

// Connections beyond the limit that are let in to be told so.
constexpr unsigned int kRefusedMax = 16;
// Room of one connection for header and buffers; taken when it opens, given back when it closes.
constexpr size_t kConnectionBytes = 32 * 1024;

HttpServer* Self(uv_handle_t* handle) { return static_cast<HttpServer*>(handle->data); }

// Paths and queries are decoded by Target, which refuses what this library would let pass.
size_t LeaveEscaped(void*, MHD_Connection*, char* text) { return std::string_view(text).size(); }

}  // namespace

HttpServer::HttpServer(uv_loop_t* loop, const Limits* limits, Handler handler)
    : loop_(loop), limits_(limits), handler_(std::move(handler)) {}

HttpServer::~HttpServer() { MUSTER_CHECK(daemon_ == nullptr && handles_open_ == 0); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(uv_loop_t* loop, int listen_fd,
                                                              const Limits* limits,
                                                              Handler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, limits, std::move(handler)));
  if (absl::Status begun = server->Begin(listen_fd); !begun.ok()) return begun;
  return server;
}

absl::Status HttpServer::Begin(int listen_fd) {
  const auto on_target = [](void* self, const char* target, MHD_Connection* connection) -> void* {
    return static_cast<HttpServer*>(self)->NewExchange(connection, target);
  };
  const auto on_completed = [](void* self, MHD_Connection*, void** holder,
                               MHD_RequestTerminationCode) {
    static_cast<HttpServer*>(self)->HandleCompleted(static_cast<Holder*>(*holder));
    *holder = nullptr;
  };
  const auto on_connection = [](void* self, MHD_Connection*, void** context,
                                MHD_ConnectionNotificationCode code) {
    static_cast<HttpServer*>(self)->HandleConnection(context,
                                                     code == MHD_CONNECTION_NOTIFY_STARTED);
  };
  daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, OnAccess, this,
      MHD_OPTION_LISTEN_SOCKET, listen_fd,  //
      MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned int>(limits_->clients_max) + kRefusedMax,                              //
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned int>(limits_->idle_timeout.seconds()),  //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes + 2 * limits_->header_bytes_max,       //
      MHD_OPTION_URI_LOG_CALLBACK, +on_target, this,                                              //
      MHD_OPTION_UNESCAPE_CALLBACK, LeaveEscaped, nullptr,                                        //
      MHD_OPTION_NOTIFY_COMPLETED, +on_completed, this,                                           //
      MHD_OPTION_NOTIFY_CONNECTION, +on_connection, this,                                         //
      MHD_OPTION_END);
  if (daemon_ == nullptr) {
    close(listen_fd);
    return absl::UnavailableError("cannot start the HTTP server: too few descriptors or memory");
  }
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  MUSTER_CHECK(info != nullptr);
  if (uv_poll_init(loop_, &poll_, info->epoll_fd) != 0) {
    MHD_stop_daemon(std::exchange(daemon_, nullptr));
    return absl::UnavailableError("cannot watch the HTTP server's descriptor");
  }
  uv_timer_init(loop_, &timer_);
  uv_timer_init(loop_, &close_timer_);
  handles_open_ = 3;
  poll_.data = timer_.data = close_timer_.data = this;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    Self(reinterpret_cast<uv_handle_t*>(handle))->Run();
  });
  return absl::OkStatus();
}

void HttpServer::Run() {
  if (daemon_ == nullptr) return;
  running_ = true;
  MHD_run(daemon_);
  running_ = false;
  if (closing_ && exchanges_.empty()) {
    StopDaemon();
    return;
  }
  if (std::exchange(kicked_, false)) {
    Kick();
    return;
  }
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  if (MHD_get_timeout(daemon_, &milliseconds) != MHD_YES) {
    uv_timer_stop(&timer_);
    return;
  }
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { Self(reinterpret_cast<uv_handle_t*>(handle))->Run(); },
      milliseconds, 0);
}

void HttpServer::Kick() {
  if (daemon_ == nullptr) return;
  if (running_) {
    kicked_ = true;
    return;
  }
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { Self(reinterpret_cast<uv_handle_t*>(handle))->Run(); }, 0,
      0);
}

HttpServer::Holder* HttpServer::NewExchange(MHD_Connection* connection, const char* target) {
  auto* holder =
      new Holder(std::make_shared<HttpExchange>(connection, target, limits_, [this] { Kick(); }));
  exchanges_.push_back(holder->get());
  return holder;
}

MHD_Result HttpServer::OnAccess(void* self, MHD_Connection* connection, const char*,
                                const char* method, const char*, const char* data, size_t* size,
                                void** holder) {
  return static_cast<HttpServer*>(self)->HandleAccess(connection, method, data, size,
                                                      static_cast<Holder*>(*holder));
}

MHD_Result HttpServer::HandleAccess(MHD_Connection* connection, const char* method,
                                    const char* data, size_t* size, Holder* holder) {
  HttpExchange& exchange = **holder;
  if (exchange.request().method.empty()) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const bool refused = info != nullptr && info->socket_context != nullptr;
    return exchange.Begin(method, refused);
  }
  if (*size > 0) {
    const MHD_Result taken = exchange.Receive(data, *size);
    *size = 0;
    return taken;
  }
  return exchange.Finish(handler_);
}

void HttpServer::HandleCompleted(Holder* holder) {
  if (holder == nullptr) return;
  std::erase(exchanges_, holder->get());
  (*holder)->Detach();
  delete holder;
}

// The context of a connection that came beyond the limit is set to something.
void HttpServer::HandleConnection(void** context, bool started) {
  if (!started) {
    --connections_;
    return;
  }
  ++connections_;
  *context = connections_ > limits_->clients_max ? this : nullptr;
}

void HttpServer::Close(std::function<void()> done) {
  MUSTER_CHECK(!closing_);
  closing_ = true;
  on_closed_ = std::move(done);
  const int listen_fd = MHD_quiesce_daemon(daemon_);
  if (listen_fd >= 0) close(listen_fd);
  for (HttpExchange* exchange : exchanges_) {
    if (exchange->is_waiting()) {
      exchange->Answer(MakeError("unavailable", "the agent is stopping"));
    }
    exchange->EndStream();
  }
  uv_timer_start(
      &close_timer_,
      [](uv_timer_t* handle) { Self(reinterpret_cast<uv_handle_t*>(handle))->StopDaemon(); },
      static_cast<uint64_t>(limits_->close_for.millis_ceil()), 0);
  Kick();
}

void HttpServer::StopDaemon() {
  if (std::exchange(stopped_, true)) return;
  for (HttpExchange* exchange : exchanges_) exchange->Resume();
  uv_poll_stop(&poll_);
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
  const auto closed = [](uv_handle_t* handle) {
    HttpServer* const self = Self(handle);
    if (--self->handles_open_ > 0) return;
    const std::function<void()> done = std::move(self->on_closed_);
    done();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&close_timer_), closed);
}

}  // namespace muster::api
