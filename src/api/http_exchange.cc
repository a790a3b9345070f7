#include "src/api/http_exchange.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/api/context.h"
#include "src/base/address.h"
#include "src/runtime/sockaddr.h"

namespace muster::api {
namespace {

// Of a body beyond the limit this much is still read and dropped: a sender whose connection closes
// under its hands may never read the answer.
constexpr size_t kDroppedBytesMax = 16 * 1024 * 1024;
// Buffer of one event stream.
constexpr size_t kStreamBlockBytes = 4096;

void AddHeader(MHD_Response* response, const char* name, const std::string& value) {
  if (!value.empty()) MHD_add_response_header(response, name, value.c_str());
}

void AddCommonHeaders(MHD_Response* response, const std::string& content_type) {
  AddHeader(response, "Content-Type", content_type);
  AddHeader(response, "Cache-Control", "no-cache");
  AddHeader(response, "X-Content-Type-Options", "nosniff");
}

}  // namespace

HttpExchange::HttpExchange(MHD_Connection* connection, std::string target, const Limits* limits,
                           std::function<void()> kick)
    : connection_(connection), limits_(limits), kick_(std::move(kick)) {
  request_.target = std::move(target);
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info != nullptr) fd_ = info->connect_fd;
}

std::string HttpExchange::Header(const char* name) const {
  const char* value = MHD_lookup_connection_value(connection_, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

size_t HttpExchange::HeaderBytes() const {
  size_t bytes = request_.method.size() + request_.target.size();
  const auto add = [](void* sum, MHD_ValueKind, const char* key, const char* value) -> MHD_Result {
    const std::string_view no_value;
    *static_cast<size_t*>(sum) += std::string_view(key).size() +
                                  (value == nullptr ? no_value : std::string_view(value)).size();
    return MHD_YES;
  };
  MHD_get_connection_values(connection_, MHD_HEADER_KIND, add, &bytes);
  return bytes;
}

Caller HttpExchange::FindCaller() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const bool named = info != nullptr && info->client_addr != nullptr;
  const Address address = named ? runtime::FromSockaddr(info->client_addr) : Address();
  if (address.is_set()) return address.is_loopback() ? Caller::kLoopback : Caller::kRemote;
  const bool known = getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return known && (peer.uid == 0 || peer.uid == geteuid()) ? Caller::kOwner : Caller::kOtherUser;
}

MHD_Result HttpExchange::Begin(std::string_view method, bool refuse_client) {
  request_.method = method;
  request_.host = Header("Host");
  request_.accept = Header("Accept");
  request_.if_none_match = Header("If-None-Match");
  request_.caller = FindCaller();
  if (refuse_client) {
    close_after_ = true;
    reply_ = MakeError("busy", absl::StrCat(limits_->clients_max, " clients are connected already"),
                       "close some of them");
  } else if (const size_t bytes = HeaderBytes(); bytes > limits_->header_bytes_max) {
    reply_ = MakeError("too_large", absl::StrCat("a header of ", bytes, " bytes; at most ",
                                                 limits_->header_bytes_max, " are taken"));
  }
  dispatched_ = reply_.has_value();
  return MHD_YES;
}

MHD_Result HttpExchange::Receive(const char* data, size_t size) {
  body_bytes_ += size;
  if (body_bytes_ <= limits_->body_bytes_max) {
    request_.body.append(data, size);
    return MHD_YES;
  }
  request_.body = std::string();
  if (body_bytes_ > limits_->body_bytes_max + kDroppedBytesMax) return MHD_NO;
  if (!reply_) {
    reply_ = MakeError("too_large",
                       absl::StrCat("a body of more than ", limits_->body_bytes_max, " bytes"));
  }
  dispatched_ = true;
  return MHD_YES;
}

MHD_Result HttpExchange::Finish(const std::function<void(std::shared_ptr<Exchange>)>& handle) {
  if (!std::exchange(dispatched_, true)) handle(shared_from_this());
  if (has_answer()) return Send();
  Suspend();
  return MHD_YES;
}

void HttpExchange::Detach() {
  connection_ = nullptr;
  suspended_ = false;
  source_.reset();
  for (const std::function<void()>& done : std::exchange(on_done_, {})) done();
}

void HttpExchange::Suspend() {
  suspended_ = true;
  MHD_suspend_connection(connection_);
}

void HttpExchange::Resume() {
  if (connection_ == nullptr || !std::exchange(suspended_, false)) return;
  MHD_resume_connection(connection_);
  kick_();
}

void HttpExchange::EndStream() {
  stream_ended_ = true;
  if (source_ != nullptr) Resume();
}

void HttpExchange::Answer(Reply reply) {
  if (connection_ == nullptr || has_answer()) return;
  reply_ = std::move(reply);
  Resume();
}

void HttpExchange::AnswerStream(std::string content_type, std::unique_ptr<ByteSource> source) {
  if (connection_ == nullptr || has_answer()) return;
  content_type_ = std::move(content_type);
  source_ = std::move(source);
  Resume();
}

bool HttpExchange::HasVanished() const {
  if (connection_ == nullptr) return true;
  char byte = 0;
  const ssize_t size = recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void HttpExchange::OnDone(std::function<void()> done) {
  if (connection_ == nullptr) {
    done();
  } else {
    on_done_.push_back(std::move(done));
  }
}

MHD_Result HttpExchange::Send() {
  if (source_ != nullptr) return SendStream();
  auto* body = new std::string(std::move(reply_->body));
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->size(), body->data(), [](void* owned) { delete static_cast<std::string*>(owned); },
      body);
  if (response == nullptr) {
    delete body;
    return MHD_NO;
  }
  AddCommonHeaders(response, reply_->status == 304 ? "" : reply_->content_type);
  AddHeader(response, "ETag", reply_->etag);
  AddHeader(response, "Allow", reply_->allow);
  AddHeader(response, "Muster-Version", reply_->version);
  if (close_after_) AddHeader(response, "Connection", "close");
  const MHD_Result queued =
      MHD_queue_response(connection_, static_cast<unsigned int>(reply_->status), response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result HttpExchange::SendStream() {
  using Self = std::shared_ptr<HttpExchange>;
  auto* self = new Self(shared_from_this());
  MHD_Response* response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, kStreamBlockBytes,
      [](void* cls, uint64_t, char* to, size_t max) {
        return (*static_cast<Self*>(cls))->ReadStream(to, max);
      },
      self, [](void* cls) { delete static_cast<Self*>(cls); });
  if (response == nullptr) {
    delete self;
    return MHD_NO;
  }
  AddCommonHeaders(response, content_type_);
  const MHD_Result queued = MHD_queue_response(connection_, 200, response);
  MHD_destroy_response(response);
  return queued;
}

ssize_t HttpExchange::ReadStream(char* to, size_t max) {
  if (source_ == nullptr) return MHD_CONTENT_READER_END_OF_STREAM;
  if (const size_t size = source_->Read(to, max); size > 0) return static_cast<ssize_t>(size);
  if (source_->finished() || stream_ended_) return MHD_CONTENT_READER_END_OF_STREAM;
  Suspend();
  return 0;
}

}  // namespace muster::api
