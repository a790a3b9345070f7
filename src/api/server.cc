#include "src/api/server.h"

#include <uv.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/api/driver_backend.h"
#include "src/api/http_server.h"
#include "src/api/listen.h"
#include "src/api/service.h"
#include "src/base/check.h"
#include "src/runtime/driver.h"

namespace muster::api {

// Held by a shared pointer for the driver's listener, which is never removed and must find nothing
// once the server has closed.
struct Server::Impl {
  explicit Impl(Options options_in)
      : options(std::move(options_in)), backend(options.driver, options.presence) {}

  absl::Status Start();
  absl::Status Serve(int listen_fd);
  void HandleEvent(TimePoint now, const core::Event& event);
  void Arm();
  void CloseOne();

  Options options;
  DriverBackend backend;
  std::vector<std::string> urls;
  Address http_address;
  std::optional<UnixListener> unix_listener;
  std::unique_ptr<Service> service;
  std::vector<std::unique_ptr<HttpServer>>
      listeners;                // before the service: their exchanges go first
  uv_timer_t* timer = nullptr;  // of the service; outlives this object until libuv lets it go
  size_t open_parts = 0;
  bool closing = false;
  std::function<void()> on_closed;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

absl::Status Server::Impl::Start() {
  absl::StatusOr<UnixListener> opened =
      UnixListener::Open(options.socket_path, options.socket_group);
  if (!opened.ok()) return opened.status();
  unix_listener.emplace(*std::move(opened));
  urls.push_back("unix:" + options.socket_path);
  int tcp_fd = -1;
  if (options.http.is_set()) {
    const absl::StatusOr<int> listening = ListenTcp(options.http, &http_address);
    if (!listening.ok()) return listening.status();
    tcp_fd = *listening;
    urls.push_back("http://" + http_address.ToString());
  }
  timer = new uv_timer_t;
  uv_timer_init(options.driver->loop(), timer);
  timer->data = this;
  open_parts = 1;
  service = std::make_unique<Service>(&backend, RunFacts{options.info, urls}, options.limits,
                                      options.on_left, [this] { Arm(); });
  absl::Status served = Serve(unix_listener->ReleaseFd());
  if (tcp_fd >= 0 && served.ok()) served = Serve(tcp_fd);
  if (!served.ok()) return served;
  options.driver->AddListener(
      [this, alive_flag = std::weak_ptr<bool>(alive)](TimePoint now, const core::Event& event) {
        if (!alive_flag.expired() && !closing) HandleEvent(now, event);
      });
  return absl::OkStatus();
}

absl::Status Server::Impl::Serve(int listen_fd) {
  auto listener = HttpServer::Start(options.driver->loop(), listen_fd, &options.limits,
                                    [this](std::shared_ptr<Exchange> exchange) {
                                      service->HandleRequest(std::move(exchange));
                                      Arm();
                                    });
  if (!listener.ok()) return listener.status();
  listeners.push_back(*std::move(listener));
  ++open_parts;
  return absl::OkStatus();
}

void Server::Impl::HandleEvent(TimePoint now, const core::Event& event) {
  service->HandleEvent(now, event);
  Arm();
}

void Server::Impl::Arm() {
  if (closing) return;
  const TimePoint next = service->NextDeadline();
  if (next.is_never()) {
    uv_timer_stop(timer);
    return;
  }
  const int64_t wait_ms = std::max<int64_t>(0, (next - backend.now()).millis_ceil());
  // libuv counts from the start of this turn of the loop, which may be a little ago.
  uv_update_time(options.driver->loop());
  uv_timer_start(
      timer,
      [](uv_timer_t* handle) {
        auto* self = static_cast<Impl*>(handle->data);
        self->service->Run(self->backend.now());
        self->Arm();
      },
      static_cast<uint64_t>(wait_ms), 0);
}

void Server::Impl::CloseOne() {
  if (--open_parts > 0) return;
  const std::function<void()> done = std::move(on_closed);
  done();
}

Server::Server() = default;

Server::~Server() {
  if (impl_ != nullptr) MUSTER_CHECK(impl_->open_parts == 0);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  std::unique_ptr<Server> server(new Server());
  server->impl_ = std::make_unique<Impl>(std::move(options));
  absl::Status started = server->impl_->Start();
  if (started.ok()) return server;
  // What has begun must still end on the loop: it takes the server along.
  Server* const failed = server.release();
  if (failed->impl_->timer == nullptr) {
    delete failed;
  } else {
    failed->Close([failed] { delete failed; });
  }
  return started;
}

void Server::Close(std::function<void()> done) {
  MUSTER_CHECK(!impl_->closing);
  impl_->closing = true;
  impl_->on_closed = std::move(done);
  impl_->service->Stop();
  impl_->unix_listener->RemoveFile();
  for (const auto& listener : impl_->listeners) {
    listener->Close([impl = impl_.get()] { impl->CloseOne(); });
  }
  uv_close(reinterpret_cast<uv_handle_t*>(impl_->timer), [](uv_handle_t* handle) {
    auto* const impl = static_cast<Impl*>(handle->data);
    delete reinterpret_cast<uv_timer_t*>(handle);
    impl->CloseOne();
  });
}

void Server::AnnounceStore(StoreEvent event, const std::string& detail) {
  if (impl_->closing) return;
  impl_->service->HandleStoreEvent(event, detail);
}

const std::vector<std::string>& Server::urls() const { return impl_->urls; }

Address Server::http_address() const { return impl_->http_address; }

}  // namespace muster::api
