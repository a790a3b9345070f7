#include "src/api/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

constexpr size_t kUnixPathBytesMax = 107;
// A list of 20,000 members is far below; what is longer is no answer of ours.
constexpr size_t kBodyBytesMax = 256 * 1024 * 1024;
constexpr size_t kLineBytesMax = kBodyBytesMax;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

// What one transfer collects.
struct Transfer {
  CURL* easy = nullptr;
  Response response;
  const std::function<bool(std::string_view)>* on_line = nullptr;  // null: collect the body
  std::string line;
  bool stopped = false;   // on_line wants no more
  bool too_long = false;  // not an answer of an agent
};

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Cuts what has come into lines; false when the reader wants no more.
bool DeliverLines(Transfer& transfer, std::string_view data) {
  while (!data.empty()) {
    const size_t end = data.find('\n');
    transfer.line.append(data.substr(0, end));
    transfer.too_long = transfer.line.size() > kLineBytesMax;
    if (end == std::string_view::npos || transfer.too_long) return !transfer.too_long;
    data.remove_prefix(end + 1);
    // Blanks alone are the agent's signs of life.
    const std::string line = std::exchange(transfer.line, "");
    const std::string_view trimmed = TrimBlanks(line);
    if (!trimmed.empty() && !(*transfer.on_line)(trimmed)) {
      transfer.stopped = true;
      return false;
    }
  }
  return true;
}

size_t OnData(char* data, size_t, size_t size, void* cls) {
  auto& transfer = *static_cast<Transfer*>(cls);
  long status = 0;  // NOLINT: libcurl's own type
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.on_line != nullptr && status == 200) {
    return DeliverLines(transfer, {data, size}) ? size : 0;
  }
  transfer.too_long = transfer.response.body.size() + size > kBodyBytesMax;
  if (transfer.too_long) return 0;
  transfer.response.body.append(data, size);
  return size;
}

size_t OnHeader(char* data, size_t, size_t size, void* cls) {
  constexpr std::string_view kName = "etag:";
  const std::string_view line(data, size);
  if (line.size() < kName.size()) return size;
  for (size_t i = 0; i < kName.size(); ++i) {
    if ((line[i] | 0x20) != (kName[i] | 0x20)) return size;
  }
  std::string_view value = line.substr(kName.size());
  value = value.substr(0, value.find('\n'));
  static_cast<Transfer*>(cls)->response.etag = TrimBlanks(value);
  return size;
}

bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  uint32_t port = 0;
  const std::string_view host = text.substr(0, colon);
  const bool is_port = absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &port);
  if (!is_port || port == 0 || port > 65535) return false;
  const bool bracketed = host.front() == '[' && host.back() == ']';
  return host.find_first_of("/?#@ \\%") == std::string_view::npos &&
         (bracketed || host.find(':') == std::string_view::npos);
}

}  // namespace

struct Client::Impl {
  std::string url;          // as given
  std::string socket_path;  // empty: TCP
  std::string base;         // "http://localhost" before the path
  std::string token;
  // Kept between calls, and with it the connection.
  Easy easy;
  Multi multi;

  absl::StatusOr<Response> Run(std::string_view method, std::string_view path,
                               std::string_view body, Duration timeout, const char* accept,
                               const std::function<bool(std::string_view)>* on_line);
  void Prepare(Transfer* transfer, std::string_view method, const std::string& address,
               std::string_view body, Duration timeout, curl_slist* headers);
  absl::Status Perform(CURLcode* result);
  absl::Status Explain(CURLcode code, const Transfer& transfer, Duration timeout) const;
};

void Client::Impl::Prepare(Transfer* transfer, std::string_view method, const std::string& address,
                           std::string_view body, Duration timeout, curl_slist* headers) {
  curl_easy_reset(easy.get());
  CURL* const handle = easy.get();
  transfer->easy = handle;
  curl_easy_setopt(handle, CURLOPT_URL, address.c_str());
  if (!socket_path.empty()) {
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http");
  // The environment's proxy is for the outside world; an agent is a neighbour.
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  if (method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (!body.empty() || method == "POST" || method == "PUT") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body.empty() ? "" : body.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnData);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
  constexpr int64_t kForever = 0;
  const int64_t limit_ms =
      timeout == Duration::Max()
          ? kForever
          : std::clamp<int64_t>(timeout.millis_ceil(), 1, std::numeric_limits<int32_t>::max());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_ms));  // NOLINT
}

// Runs the prepared transfer to its end. A signal that the program handles ends it early: the wait
// below is the only place where time passes, and a handled signal interrupts it.
absl::Status Client::Impl::Perform(CURLcode* result) {
  constexpr int kLongestWaitMs = 60'000;
  absl::Status status;
  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) {
    return absl::InternalError("libcurl refuses the request");
  }
  for (int running = 1; running > 0 && status.ok();) {
    const CURLMcode code = curl_multi_perform(multi.get(), &running);
    if (code != CURLM_OK) status = absl::InternalError(curl_multi_strerror(code));
    if (running == 0 || !status.ok()) break;
    errno = 0;
    curl_multi_poll(multi.get(), nullptr, 0, kLongestWaitMs, nullptr);
    if (errno == EINTR) status = absl::CancelledError("interrupted by a signal");
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) *result = message->data.result;
  }
  curl_multi_remove_handle(multi.get(), easy.get());
  return status;
}

absl::Status Client::Impl::Explain(CURLcode code, const Transfer& transfer,
                                   Duration timeout) const {
  long system_error = 0;  // NOLINT: libcurl's own type
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &system_error);
  const std::string at = absl::StrCat("the agent at ", url, ": ");
  if (transfer.too_long) return absl::UnavailableError(at + "its answer has no end");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(
          absl::StrCat(at, "no whole answer within ", FormatDuration(timeout)));
    case CURLE_COULDNT_CONNECT:
      if (system_error == EACCES || system_error == EPERM) {
        return absl::PermissionDeniedError(at + std::strerror(static_cast<int>(system_error)));
      }
      return absl::UnavailableError(at + (system_error != 0
                                              ? std::strerror(static_cast<int>(system_error))
                                              : curl_easy_strerror(code)));
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return absl::UnavailableError(at + "it closed the connection without a whole answer");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return absl::UnavailableError(at + "what answers there does not speak HTTP");
    default:
      return absl::UnavailableError(at + curl_easy_strerror(code));
  }
}

absl::StatusOr<Response> Client::Impl::Run(std::string_view method, std::string_view path,
                                           std::string_view body, Duration timeout,
                                           const char* accept,
                                           const std::function<bool(std::string_view)>* on_line) {
  if (path.empty() || path.front() != '/' || path.find_first_of(" \r\n") != path.npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", ToAbsl(path), "' is not an escaped path of the API"));
  }
  if (easy == nullptr) easy.reset(curl_easy_init());
  if (multi == nullptr) multi.reset(curl_multi_init());
  if (easy == nullptr || multi == nullptr) {
    return absl::InternalError(curl_easy_strerror(CURLE_FAILED_INIT));
  }
  List headers(curl_slist_append(nullptr, absl::StrCat("Accept: ", accept).c_str()));
  const auto add = [&headers](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  add("Content-Type: application/json");
  add("Expect:");  // no round trip before a large body
  if (!token.empty()) add("Authorization: Bearer " + token);

  Transfer transfer;
  transfer.on_line = on_line;
  const std::string address = absl::StrCat(base, ToAbsl(path));
  Prepare(&transfer, method, address, body, timeout, headers.get());
  CURLcode result = CURLE_OK;
  const absl::Status performed = Perform(&result);
  if (!performed.ok()) return performed;
  if (result != CURLE_OK && !transfer.stopped) return Explain(result, transfer, timeout);
  long status = 0;  // NOLINT: libcurl's own type
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

absl::StatusOr<Client> Client::Create(std::string_view url) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kHttp = "http://";
  auto impl = std::make_unique<Impl>();
  impl->url = url;
  if (url.starts_with(kUnix) && url.size() > kUnix.size()) {
    impl->socket_path = url.substr(kUnix.size());
    impl->base = "http://localhost";
    if (impl->socket_path.size() > kUnixPathBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("the path in '", ToAbsl(url), "' has ", impl->socket_path.size(),
                       " bytes; a unix socket takes ", kUnixPathBytesMax));
    }
    return Client(impl.release());
  }
  std::string_view rest = url;
  if (rest.starts_with(kHttp)) rest.remove_prefix(kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!url.starts_with(kHttp) || !IsHostAndPort(rest)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", ToAbsl(url), "' is neither unix:PATH nor http://HOST:PORT"));
  }
  impl->base = absl::StrCat(ToAbsl(kHttp), ToAbsl(rest));
  return Client(impl.release());
}

Client::Client(Impl* impl) : impl_(impl) {}

Client::Client(Client&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Client::~Client() { delete impl_; }

void Client::set_token(std::string token) { impl_->token = std::move(token); }

const std::string& Client::url() const { return impl_->url; }

absl::StatusOr<Response> Client::Call(std::string_view method, std::string_view path,
                                      std::string_view body, Duration timeout) {
  return impl_->Run(method, path, body, timeout, "application/json", nullptr);
}

absl::StatusOr<Response> Client::Stream(std::string_view path, Duration timeout,
                                        const std::function<bool(std::string_view line)>& on_line) {
  return impl_->Run("GET", path, "", timeout, "application/jsonl", &on_line);
}

std::string Client::EscapePath(std::string_view segment) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

}  // namespace muster::api
