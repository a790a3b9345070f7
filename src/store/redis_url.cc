#include "src/store/redis_url.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"
#include "src/store/url_text.h"

namespace muster::store {
namespace {

constexpr size_t kHostBytesMax = 255;
constexpr std::string_view kScheme = "redis://";
constexpr std::string_view kRedisForm = "write redis://[user[:password]@]host[:port][/db]";

// user[:password] in front of the '@'.
absl::Status ParseUserInfo(std::string_view text, RedisUrl* url) {
  const size_t colon = text.find(':');
  const std::optional<std::string> user = PercentDecode(text.substr(0, colon));
  const std::optional<std::string> password =
      PercentDecode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password) {
    return InvalidUrl("has a '%' in user or password that no two hex digits follow, or a zero byte",
                      kHowToEscape);
  }
  url->user = *user;
  url->password = *password;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisUrl> RedisUrl::Parse(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    return InvalidUrl(
        "asks for Redis over TLS (rediss://), which this agent does not speak",
        "use redis:// within a network you trust, or through a TLS tunnel on this host");
  }
  text.remove_prefix(kScheme.size());
  RedisUrl url;
  const size_t at = text.rfind('@');
  const std::string_view user_info = text.substr(0, at == std::string_view::npos ? 0 : at);
  if (user_info.find_first_of("/?#@") != std::string_view::npos) {
    return InvalidUrl("has a '/', '?', '#' or '@' before the last '@'", kHowToEscape);
  }
  MUSTER_RETURN_IF_ERROR(ParseUserInfo(user_info, &url));
  if (at != std::string_view::npos) text.remove_prefix(at + 1);
  if (text.find_first_of("?#") != std::string_view::npos) {
    return InvalidUrl("has parameters, and Redis takes none",
                      absl::StrCat(ToAbsl(kRedisForm), "; ", ToAbsl(kHowToEscape)));
  }
  const size_t slash = text.find('/');
  std::string_view host, port;
  MUSTER_RETURN_IF_ERROR(SplitHostPort(text.substr(0, slash), kRedisForm, &host, &port));
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  if (host.empty() || host.size() > kHostBytesMax ||
      (!is_ipv6 && !std::all_of(host.begin(), host.end(), IsHostByte))) {
    return InvalidUrl("has no host name or address", kRedisForm);
  }
  url.host = host;
  if (!port.empty()) url.port = static_cast<uint16_t>(*ParseNumber(port, 1, 65535));
  if (slash == std::string_view::npos || slash + 1 == text.size()) return url;
  const std::optional<int> database = ParseNumber(text.substr(slash + 1), 0, 1'000'000);
  if (!database) {
    return InvalidUrl("has a database that is no number",
                      "write redis://host:6379/0, or leave it out");
  }
  url.database = *database;
  return url;
}

std::string RedisUrl::Shown() const {
  std::string shown = "redis://";
  if (!user.empty() || !password.empty()) {
    shown += PercentEncode(user);
    if (!password.empty()) shown += absl::StrCat(":", ToAbsl(kHiddenSecret));
    shown += "@";
  }
  const bool is_ipv6 = host.find(':') != std::string::npos;
  absl::StrAppend(&shown, is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", ":", port, "/", database);
  return shown;
}

}  // namespace muster::store
