#include "src/store/datastore_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/address.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

// Errors quote nothing of what was given: with a '/' or '@' that
// should have been escaped, any part of it may belong to the password.
namespace muster::store {
namespace {

constexpr size_t kUrlBytesMax = 4096;
constexpr size_t kHostBytesMax = 255;
constexpr std::string_view kForms =
    "write none, sqlite:PATH, redis://[user[:password]@]host[:port][/db] or postgresql://...";
constexpr std::string_view kRedisForm = "write redis://[user[:password]@]host[:port][/db]";
constexpr std::string_view kPostgresqlForm =
    "write postgresql://[user[:password]@][host][:port][/database][?parameter=value]";
constexpr std::string_view kEscape =
    "in user and password write %25 for '%', %40 for '@', %3A for ':', %2F for '/', %3F for '?' "
    "and %23 for '#'";
constexpr std::string_view kHidden = "***";

absl::Status Invalid(std::string_view fault, std::string_view remedy) {
  return absl::InvalidArgumentError(
      absl::StrCat("the datastore URL ", ToAbsl(fault), "; ", ToAbsl(remedy)));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHostByte(char c) { return IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Unset for a '%' without two hex digits, and for a zero byte.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsHostByte(c) || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

// Digits only, `low` to `high`.
std::optional<int> ParseNumber(std::string_view text, int low, int high) {
  int value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end || value < low || value > high) return std::nullopt;
  return value;
}

// The IPv6 address between brackets; its scope ("%eth0") may follow.
bool IsIpv6(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('%'));
  return address.find(':') != std::string_view::npos && address.front() != '[' &&
         Address::Parse(address, 1).ok();
}

// host, host:port, [ipv6], [ipv6]:port, into its two parts; the port is empty when there is none.
absl::Status SplitHostPort(std::string_view text, std::string_view form, std::string_view* host,
                           std::string_view* port) {
  *port = {};
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return Invalid("has a '[' without its ']'", form);
    *host = text.substr(1, end - 1);
    if (!IsIpv6(*host)) {
      return Invalid("has no IPv6 address between its brackets", form);
    }
    rest = text.substr(end + 1);
  } else {
    *host = text.substr(0, text.find(':'));
    rest = text.substr(host->size());
    if (std::count(text.begin(), text.end(), ':') > 1) {
      return Invalid(
          "has too many ':'",
          absl::StrCat("put an IPv6 address in brackets ([::1]:6379); ", ToAbsl(kEscape)));
    }
  }
  if (rest.empty()) return absl::OkStatus();
  *port = rest.substr(1);
  if (rest.front() != ':' || !ParseNumber(*port, 1, 65535)) {
    return Invalid("has a port that is no number from 1 to 65535",
                   absl::StrCat(ToAbsl(form), "; ", ToAbsl(kEscape)));
  }
  return absl::OkStatus();
}

absl::StatusOr<DatastoreUrl> ParseSqlite(std::string_view path) {
  DatastoreUrl url;
  url.kind = DatastoreKind::kSqlite;
  // "sqlite:///var/..." of other programs: an empty host, then the path.
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.starts_with("//")) {
    return Invalid("names a host, and a SQLite file is on this one", "write sqlite:/PATH");
  }
  if (path.empty()) return Invalid("names no file", "write sqlite:PATH");
  if (path.back() == '/') {
    return Invalid("names a folder",
                   "name a file in it, such as sqlite:/var/lib/muster/presence.db");
  }
  if (path.front() == ':') {
    return Invalid("names a database in memory, which ends with the agent",
                   "name a file, or write none");
  }
  url.path = path;
  return url;
}

// user[:password] in front of the '@'.
absl::Status ParseUserInfo(std::string_view text, DatastoreUrl* url) {
  const size_t colon = text.find(':');
  const std::optional<std::string> user = PercentDecode(text.substr(0, colon));
  const std::optional<std::string> password =
      PercentDecode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password) {
    return Invalid("has a '%' in user or password that no two hex digits follow, or a zero byte",
                   kEscape);
  }
  url->user = *user;
  url->password = *password;
  return absl::OkStatus();
}

absl::StatusOr<DatastoreUrl> ParseRedis(std::string_view text) {
  DatastoreUrl url;
  url.kind = DatastoreKind::kRedis;
  const size_t at = text.rfind('@');
  const std::string_view user_info = text.substr(0, at == std::string_view::npos ? 0 : at);
  if (user_info.find_first_of("/?#@") != std::string_view::npos) {
    return Invalid("has a '/', '?', '#' or '@' before the last '@'", kEscape);
  }
  MUSTER_RETURN_IF_ERROR(ParseUserInfo(user_info, &url));
  if (at != std::string_view::npos) text.remove_prefix(at + 1);
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Invalid("has parameters, and Redis takes none",
                   absl::StrCat(ToAbsl(kRedisForm), "; ", ToAbsl(kEscape)));
  }
  const size_t slash = text.find('/');
  std::string_view host, port;
  MUSTER_RETURN_IF_ERROR(SplitHostPort(text.substr(0, slash), kRedisForm, &host, &port));
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  if (host.empty() || host.size() > kHostBytesMax ||
      (!is_ipv6 && !std::all_of(host.begin(), host.end(), IsHostByte))) {
    return Invalid("has no host name or address", kRedisForm);
  }
  url.host = host;
  if (!port.empty()) url.port = static_cast<uint16_t>(*ParseNumber(port, 1, 65535));
  if (slash == std::string_view::npos || slash + 1 == text.size()) return url;
  const std::optional<int> database = ParseNumber(text.substr(slash + 1), 0, 1'000'000);
  if (!database) {
    return Invalid("has a database that is no number",
                   "write redis://host:6379/0, or leave it out");
  }
  url.database = *database;
  return url;
}

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
      return Invalid("has a parameter that is not NAME=VALUE",
                     "in a value write %26 for '&', %3D for '=' and %25 for '%'");
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return absl::OkStatus();
}

// libpq reads it again at each connection; what is checked here is that no part of it is taken for
// another, which would show a secret.
absl::StatusOr<DatastoreUrl> ParsePostgresql(std::string_view whole, std::string_view text) {
  DatastoreUrl url;
  url.kind = DatastoreKind::kPostgresql;
  url.conninfo = whole;
  if (!PercentDecode(text)) {
    return Invalid("has a '%' that no two hex digits follow, or a zero byte", kEscape);
  }
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    const std::string_view user_info = text.substr(0, at);
    if (user_info.find_first_of("/?#") != std::string_view::npos ||
        std::count(user_info.begin(), user_info.end(), ':') > 1 ||
        text.find('@', at + 1) != std::string_view::npos) {
      return Invalid("has an '@', ':', '/', '?' or '#' in a place where it must be escaped",
                     kEscape);
    }
    text.remove_prefix(at + 1);
  }
  const size_t question = std::min(text.find('?'), text.size());
  const std::string_view place = text.substr(0, question);
  MUSTER_RETURN_IF_ERROR(CheckPostgresqlHosts(place.substr(0, place.find('/'))));
  MUSTER_RETURN_IF_ERROR(
      CheckPostgresqlParameters(text.substr(std::min(question + 1, text.size()))));
  return url;
}

bool IsSecretParameter(std::string_view key) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(key));
  return absl::StrContains(lower, "password") || absl::StrContains(lower, "secret");
}

std::string ShownPostgresql(std::string_view url) {
  const size_t begin = url.find("://") + 3;
  std::string shown(url.substr(0, begin));
  std::string_view rest = url.substr(begin);
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    const size_t colon = rest.find(':');
    shown += rest.substr(0, std::min(colon, at));
    if (colon < at) shown += absl::StrCat(":", ToAbsl(kHidden));
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
    shown += IsSecretParameter(key) ? absl::StrCat(ToAbsl(key), "=", ToAbsl(kHidden))
                                    : std::string(parameter);
    rest.remove_prefix(parameter.size());
  }
  return shown;
}

std::string ShownRedis(const DatastoreUrl& url) {
  std::string shown = "redis://";
  if (!url.user.empty() || !url.password.empty()) {
    shown += PercentEncode(url.user);
    if (!url.password.empty()) shown += absl::StrCat(":", ToAbsl(kHidden));
    shown += "@";
  }
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  absl::StrAppend(&shown, is_ipv6 ? "[" : "", url.host, is_ipv6 ? "]" : "", ":", url.port, "/",
                  url.database);
  return shown;
}

}  // namespace

absl::StatusOr<DatastoreUrl> DatastoreUrl::Parse(std::string_view text) {
  if (text.empty()) return Invalid("is empty", kForms);
  if (text.size() > kUrlBytesMax) {
    return Invalid(absl::StrCat("is longer than ", kUrlBytesMax, " bytes"), kForms);
  }
  const auto is_odd = [](char c) { return static_cast<uint8_t>(c) <= 0x20 || c == 0x7f; };
  const bool is_sqlite = text.starts_with("sqlite:");
  // A file's name may hold blanks.
  if (std::any_of(text.begin(), text.end(),
                  [&](char c) { return is_odd(c) && !(is_sqlite && c == ' '); })) {
    return Invalid("holds a blank or a control character", "write %20 for a blank");
  }
  if (text == "none") return DatastoreUrl();
  if (is_sqlite) return ParseSqlite(text.substr(7));
  if (text.starts_with("redis://")) return ParseRedis(text.substr(8));
  if (text.starts_with("rediss://")) {
    return Invalid("asks for Redis over TLS (rediss://), which this agent does not speak",
                   "use redis:// within a network you trust, or through a TLS tunnel on this host");
  }
  if (text.starts_with("postgresql://")) return ParsePostgresql(text, text.substr(13));
  if (text.starts_with("postgres://")) return ParsePostgresql(text, text.substr(11));
  return Invalid("names no kind of store that is known here", kForms);
}

std::string DatastoreUrl::Shown() const {
  switch (kind) {
    case DatastoreKind::kNone:
      return "none";
    case DatastoreKind::kSqlite:
      return absl::StrCat("sqlite:", path);
    case DatastoreKind::kRedis:
      return ShownRedis(*this);
    case DatastoreKind::kPostgresql:
      return ShownPostgresql(conninfo);
  }
  return "unknown";
}

const char* DatastoreKindName(DatastoreKind kind) {
  switch (kind) {
    case DatastoreKind::kNone:
      return "none";
    case DatastoreKind::kSqlite:
      return "sqlite";
    case DatastoreKind::kRedis:
      return "redis";
    case DatastoreKind::kPostgresql:
      return "postgresql";
  }
  return "unknown";
}

}  // namespace muster::store
