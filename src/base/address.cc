#include "src/base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

absl::Status Malformed(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", ToAbsl(text),
                                                 "' is not an IP address: ", ToAbsl(why),
                                                 "; write IP, IP:PORT or [IPv6]:PORT"));
}

// Splits "IP", "IP:PORT", "IPv6" and "[IPv6]:PORT". False when brackets do not match.
bool Split(std::string_view text, std::string_view* ip, std::string_view* port) {
  *port = {};
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    *ip = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return true;
    if (rest.front() != ':' || rest.size() == 1) return false;
    *port = rest.substr(1);
    return true;
  }
  const size_t colon = text.find(':');
  // Two colons or more without brackets: a bare IPv6 address.
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    *ip = text;
    return true;
  }
  *ip = text.substr(0, colon);
  *port = text.substr(colon + 1);
  return !port->empty();
}

}  // namespace

Address Address::V4(uint32_t host_order_ip, uint16_t port) {
  Address a;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), a.ip_.begin());
  for (int i = 0; i < 4; ++i) {
    a.ip_[static_cast<size_t>(12 + i)] = static_cast<uint8_t>(host_order_ip >> (24 - 8 * i));
  }
  a.port_ = port;
  return a;
}

Address Address::V6(const std::array<uint8_t, 16>& ip, uint16_t port) {
  Address a;
  a.ip_ = ip;
  a.port_ = port;
  return a;
}

absl::StatusOr<Address> Address::Parse(std::string_view text, uint16_t default_port) {
  std::string_view ip_text;
  std::string_view port_text;
  if (text.empty()) return Malformed(text, "it is empty");
  if (!Split(text, &ip_text, &port_text)) return Malformed(text, "the port is malformed");
  uint16_t port = default_port;
  if (!port_text.empty()) {
    const char* end = port_text.data() + port_text.size();
    const auto [parsed, error] = std::from_chars(port_text.data(), end, port);
    if (error != std::errc() || parsed != end || port == 0) {
      return Malformed(text, "the port must be a number from 1 to 65535");
    }
  }
  const std::string ip(ip_text);
  in_addr v4{};
  if (inet_pton(AF_INET, ip.c_str(), &v4) == 1) return V4(ntohl(v4.s_addr), port);
  std::array<uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, ip.c_str(), v6.data()) == 1) return V6(v6, port);
  return Malformed(text, ip.find_first_not_of("0123456789.:abcdefABCDEF") == std::string::npos
                             ? "the digits do not form one"
                             : "a host name does not do here");
}

bool Address::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip_.begin());
}

uint32_t Address::v4() const {
  return static_cast<uint32_t>(ip_[12]) << 24 | static_cast<uint32_t>(ip_[13]) << 16 |
         static_cast<uint32_t>(ip_[14]) << 8 | ip_[15];
}

bool Address::is_loopback() const {
  if (is_v4()) return ip_[12] == 127;
  std::array<uint8_t, 16> one{};
  one[15] = 1;
  return ip_ == one;
}

bool Address::is_unspecified() const {
  return is_v4() ? v4() == 0 : ip_ == std::array<uint8_t, 16>{};
}

bool Address::is_private() const {
  if (!is_v4()) return (ip_[0] & 0xfe) == 0xfc;
  const uint32_t ip = v4();
  return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8;
}

bool Address::is_link_local() const {
  if (is_v4()) return v4() >> 16 == 0xa9fe;
  return ip_[0] == 0xfe && (ip_[1] & 0xc0) == 0x80;
}

Address Address::WithPort(uint16_t port) const {
  Address a = *this;
  a.port_ = port;
  return a;
}

std::string Address::IpToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_v4()) {
    inet_ntop(AF_INET, ip_.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, ip_.data(), text, sizeof text);
  }
  return text;
}

std::string Address::ToString() const {
  const std::string ip = IpToString();
  return is_v4() ? absl::StrCat(ip, ":", port_) : absl::StrCat("[", ip, "]:", port_);
}

}  // namespace muster
