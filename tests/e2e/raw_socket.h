#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "src/base/time.h"

namespace muster::e2e {

// A UDP socket of a stranger, connected to one agent's gossip port. IPs are IPv4 texts.
class RawUdp {
 public:
  static absl::StatusOr<RawUdp> Open(const std::string& from_ip, const std::string& to_ip);
  RawUdp(RawUdp&& other) noexcept;
  ~RawUdp();

  bool Send(std::string_view datagram);
  // The next datagram that came back, or nothing within `budget`.
  std::optional<std::string> Receive(Duration budget);

 private:
  explicit RawUdp(int fd) : fd_(fd) {}
  int fd_;
};

// A TCP connection of a stranger to one agent's gossip port.
class RawTcp {
 public:
  static absl::StatusOr<RawTcp> Open(const std::string& from_ip, const std::string& to_ip);
  RawTcp(RawTcp&& other) noexcept;
  ~RawTcp();

  bool Send(std::string_view bytes);
  void FinishSending();  // half-close
  // What the agent sent until it closed the connection; nothing if it stays open for `budget`.
  std::optional<std::string> ReadToEnd(Duration budget);
  // Exactly `size` bytes; nothing when the connection ends or `budget` is over before.
  std::optional<std::string> ReadExactly(size_t size, Duration budget);

 private:
  explicit RawTcp(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace muster::e2e
