#include "src/store/postgresql_url.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"
#include "src/store/url_text.h"

namespace muster::store {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kPostgresqlForm =
    "write postgresql://[user[:password]@][host][:port][/database][?parameter=value]";

absl::Status CheckPostgresqlHosts(std::string_view hosts) {
  while (true) {
    const size_t comma = hosts.find(',');
    std::string_view host, port;
    MUSTER_RETURN_IF_ERROR(SplitHostPort(hosts.substr(0, comma), kPostgresqlForm, &host, &port));
    if (comma == std::string_view::npos) return absl::OkStatus();
    hosts.remove_prefix(comma + 1);
  }
}

// Each parameter needs one '=' and a plain name, so that none can hide a secret from Shown(), and
// so that libpq, whose errors quote what they dislike, finds nothing to quote.
absl::Status CheckPostgresqlParameters(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view parameter = text.substr(0, end);
    const std::string_view key = parameter.substr(0, parameter.find('='));
    if (key.empty() || !std::all_of(key.begin(), key.end(), IsHostByte) ||
        std::count(parameter.begin(), parameter.end(), '=') != 1) {
      return InvalidUrl("has a parameter that is not NAME=VALUE",
                        "in a value write %26 for '&', %3D for '=' and %25 for '%'");
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return absl::OkStatus();
}

bool IsSecretParameter(std::string_view key) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(key));
  return absl::StrContains(lower, "password") || absl::StrContains(lower, "secret");
}

}  // namespace

// libpq reads it again at each connection; what is checked here is that no part of it is taken for
// another, which would show a secret.
absl::Status CheckPostgresqlUrl(std::string_view text) {
  text.remove_prefix(text.find(kSchemeEnd) + kSchemeEnd.size());
  if (!PercentDecode(text)) {
    return InvalidUrl("has a '%' that no two hex digits follow, or a zero byte", kHowToEscape);
  }
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    const std::string_view user_info = text.substr(0, at);
    if (user_info.find_first_of("/?#") != std::string_view::npos ||
        std::count(user_info.begin(), user_info.end(), ':') > 1 ||
        text.find('@', at + 1) != std::string_view::npos) {
      return InvalidUrl("has an '@', ':', '/', '?' or '#' in a place where it must be escaped",
                        kHowToEscape);
    }
    text.remove_prefix(at + 1);
  }
  const size_t question = std::min(text.find('?'), text.size());
  const std::string_view place = text.substr(0, question);
  MUSTER_RETURN_IF_ERROR(CheckPostgresqlHosts(place.substr(0, place.find('/'))));
  return CheckPostgresqlParameters(text.substr(std::min(question + 1, text.size())));
}

std::string ShownPostgresqlUrl(std::string_view url) {
  const size_t begin = url.find(kSchemeEnd) + kSchemeEnd.size();
  std::string shown(url.substr(0, begin));
  std::string_view rest = url.substr(begin);
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    const size_t colon = rest.find(':');
    shown += rest.substr(0, std::min(colon, at));
    if (colon < at) shown += absl::StrCat(":", ToAbsl(kHiddenSecret));
    rest.remove_prefix(at);
  }
  const size_t question = std::min(rest.find('?'), rest.size());
  shown += rest.substr(0, question);
  rest.remove_prefix(question);
  while (!rest.empty()) {
    shown.push_back(rest.front());
    rest.remove_prefix(1);
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    const std::string_view key = parameter.substr(0, parameter.find('='));
    shown += IsSecretParameter(key) ? absl::StrCat(ToAbsl(key), "=", ToAbsl(kHiddenSecret))
                                    : std::string(parameter);
    rest.remove_prefix(parameter.size());
  }
  return shown;
}

}  // namespace muster::store
