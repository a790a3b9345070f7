#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster {

inline constexpr uint16_t kDefaultPort = 7946;

// An IP address (version 4 or 6) and a port. IPv4 is stored as ::ffff:a.b.c.d, so that one
// comparison serves both. The zero value is "no address". Link-local scopes are not kept.
class Address {
 public:
  constexpr Address() = default;
  static Address V4(uint32_t host_order_ip, uint16_t port);
  // Sixteen bytes in network order; a mapped IPv4 address becomes plain IPv4.
  static Address V6(const std::array<uint8_t, 16>& ip, uint16_t port);

  // "10.0.0.1", "10.0.0.1:7946", "::1", "[::1]:7946". A missing port becomes `default_port`.
  // A host name, an empty text or port 0 is kInvalidArgument with the text and the remedy.
  static absl::StatusOr<Address> Parse(std::string_view text, uint16_t default_port = kDefaultPort);

  bool is_set() const { return *this != Address(); }
  bool is_v4() const;
  bool is_loopback() const;
  bool is_unspecified() const;  // 0.0.0.0 or ::
  bool is_private() const;      // RFC 1918, RFC 4193
  bool is_link_local() const;   // 169.254/16, fe80::/10
  uint32_t v4() const;          // host order; only when is_v4()
  const std::array<uint8_t, 16>& bytes() const { return ip_; }
  uint16_t port() const { return port_; }
  Address WithPort(uint16_t port) const;

  std::string ToString() const;    // with port, IPv6 in brackets
  std::string IpToString() const;  // without port and brackets

  friend constexpr auto operator<=>(const Address&, const Address&) = default;
  friend constexpr bool operator==(const Address&, const Address&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine(H::combine_contiguous(std::move(h), a.ip_.data(), a.ip_.size()), a.port_);
  }

 private:
  std::array<uint8_t, 16> ip_{};
  uint16_t port_ = 0;
};

}  // namespace muster
