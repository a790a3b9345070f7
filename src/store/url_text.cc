#include "src/store/url_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "src/base/address.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The IPv6 address between brackets; its scope ("%eth0") may follow.
bool IsIpv6(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('%'));
  return address.find(':') != std::string_view::npos && address.front() != '[' &&
         Address::Parse(address, 1).ok();
}

}  // namespace

absl::Status InvalidUrl(std::string_view fault, std::string_view remedy) {
  return absl::InvalidArgumentError(
      absl::StrCat("the datastore URL ", ToAbsl(fault), "; ", ToAbsl(remedy)));
}

bool IsHostByte(char c) { return IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_'; }

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

std::optional<int> ParseNumber(std::string_view text, int low, int high) {
  int value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end || value < low || value > high) return std::nullopt;
  return value;
}

absl::Status SplitHostPort(std::string_view text, std::string_view form, std::string_view* host,
                           std::string_view* port) {
  *port = {};
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return InvalidUrl("has a '[' without its ']'", form);
    *host = text.substr(1, end - 1);
    if (!IsIpv6(*host)) {
      return InvalidUrl("has no IPv6 address between its brackets", form);
    }
    rest = text.substr(end + 1);
  } else {
    *host = text.substr(0, text.find(':'));
    rest = text.substr(host->size());
    if (std::count(text.begin(), text.end(), ':') > 1) {
      return InvalidUrl(
          "has too many ':'",
          absl::StrCat("put an IPv6 address in brackets ([::1]:6379); ", ToAbsl(kHowToEscape)));
    }
  }
  if (rest.empty()) return absl::OkStatus();
  *port = rest.substr(1);
  if (rest.front() != ':' || !ParseNumber(*port, 1, 65535)) {
    return InvalidUrl("has a port that is no number from 1 to 65535",
                      absl::StrCat(ToAbsl(form), "; ", ToAbsl(kHowToEscape)));
  }
  return absl::OkStatus();
}

}  // namespace muster::store
