#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"
#include "src/api/limits.h"

namespace muster::api {

// One HTTP request inside libmicrohttpd, which calls Begin, Receive and Finish from MHD_run, in
// this order. Where the answer is not there yet the connection is suspended, and resumed by the
// answer.
class HttpExchange : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  // `kick` asks for an MHD_run soon. Both must outlive the exchange's connection.
  HttpExchange(MHD_Connection* connection, std::string target, const Limits* limits,
               std::function<void()> kick);

  // ---- For the server ----
  // The header is complete. True when it has been answered already (nothing else follows).
  MHD_Result Begin(std::string_view method, bool refuse_client);
  // A piece of the body; MHD_NO ends the connection.
  MHD_Result Receive(const char* data, size_t size);
  // The request is whole: hands it to `handle`, once, then sends the answer or waits for it.
  MHD_Result Finish(const std::function<void(std::shared_ptr<Exchange>)>& handle);
  // The connection is done with this request, or gone.
  void Detach();
  bool is_waiting() const { return connection_ != nullptr && dispatched_ && !has_answer(); }
  // Lets a stream that waits for its source end.
  void EndStream();
  // Last resort before the daemon stops, which must not find a suspended connection.
  void Resume();

  // ---- Exchange ----
  const Request& request() const override { return request_; }
  void Answer(Reply reply) override;
  void AnswerStream(std::string content_type, std::unique_ptr<ByteSource> source) override;
  void Wake() override { Resume(); }
  bool HasVanished() const override;
  void OnDone(std::function<void()> done) override;

 private:
  bool has_answer() const { return reply_.has_value() || source_ != nullptr; }
  std::string Header(const char* name) const;
  size_t HeaderBytes() const;
  Caller FindCaller() const;
  MHD_Result Send();
  MHD_Result SendStream();
  ssize_t ReadStream(char* to, size_t max);
  void Suspend();

  MHD_Connection* connection_;  // null once detached
  int fd_ = -1;
  const Limits* limits_;
  std::function<void()> kick_;
  Request request_;
  size_t body_bytes_ = 0;  // received, what was dropped included
  bool dispatched_ = false;
  bool suspended_ = false;
  bool stream_ended_ = false;
  bool close_after_ = false;
  std::optional<Reply> reply_;
  std::string content_type_;
  std::unique_ptr<ByteSource> source_;
  std::vector<std::function<void()>> on_done_;
};

}  // namespace muster::api
