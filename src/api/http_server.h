#pragma once

#include <microhttpd.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "src/api/exchange.h"
#include "src/api/http_exchange.h"
#include "src/api/limits.h"

namespace muster::api {

// HTTP/1.1 on one listening socket, by libmicrohttpd on a libuv loop: the library keeps its
// connections in an epoll set, the loop watches that set's descriptor, and MHD_run works off what
// is ready. Nothing here blocks, and without connections nothing wakes the loop. Loop thread only.
class HttpServer {
 public:
  using Handler = std::function<void(std::shared_ptr<Exchange>)>;

  // Takes `listen_fd` over. `limits` must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(uv_loop_t* loop, int listen_fd,
                                                           const Limits* limits, Handler handler);
  ~HttpServer();  // only after `done` of Close
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Stops listening, answers what waits with 503, ends streams, and gives answers on their way
  // limits.close_for. `done` runs on the loop, never inside Close.
  void Close(std::function<void()> done);

  size_t connections() const { return connections_; }

 private:
  using Holder = std::shared_ptr<HttpExchange>;  // what libmicrohttpd keeps a pointer to

  HttpServer(uv_loop_t* loop, const Limits* limits, Handler handler);
  absl::Status Begin(int listen_fd);
  void Run();
  void Kick();
  void StopDaemon();
  Holder* NewExchange(MHD_Connection* connection, const char* target);
  MHD_Result HandleAccess(MHD_Connection* connection, const char* method, const char* data,
                          size_t* size, Holder* holder);
  void HandleCompleted(Holder* holder);
  void HandleConnection(void** context, bool started);

  static MHD_Result OnAccess(void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char* version, const char* data,
                             size_t* size, void** holder);

  uv_loop_t* loop_;
  const Limits* limits_;
  Handler handler_;
  MHD_Daemon* daemon_ = nullptr;
  uv_poll_t poll_{};
  uv_timer_t timer_{};        // what libmicrohttpd asks for
  uv_timer_t close_timer_{};  // the end of the close's patience
  std::vector<HttpExchange*> exchanges_;
  size_t connections_ = 0;
  bool running_ = false;
  bool kicked_ = false;
  bool closing_ = false;
  bool stopped_ = false;
  int handles_open_ = 0;
  std::function<void()> on_closed_;
};

}  // namespace muster::api
