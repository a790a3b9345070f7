#include "src/base/ids.h"

#include <cstdio>

namespace muster {
namespace {

// The value of one hex digit, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HostId::ToHex() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hi),
                static_cast<unsigned long long>(lo));
  return text;
}

std::string HostId::ToHexPrefix(int digits) const {
  return ToHex().substr(0, static_cast<size_t>(digits));
}

std::optional<HostId> HostId::FromHex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  HostId id;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    uint64_t& half = i < 16 ? id.hi : id.lo;
    half = half << 4 | static_cast<uint64_t>(value);
  }
  return id;
}

}  // namespace muster
