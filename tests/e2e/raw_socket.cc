#include "tests/e2e/raw_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/address.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

sockaddr_in SocketAddress(const std::string& ip, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
  return address;
}

absl::StatusOr<int> Connect(int type, const std::string& from_ip, const std::string& to_ip) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::InternalError(absl::StrCat("socket: ", strerror(errno)));
  const sockaddr_in from = SocketAddress(from_ip, 0);
  const sockaddr_in to = SocketAddress(to_ip, kDefaultPort);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof(from)) != 0 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    const int cause = errno;
    close(fd);
    return absl::UnavailableError(absl::StrCat(to_ip, ": ", strerror(cause)));
  }
  return fd;
}

bool WaitReadable(int fd, Duration budget) {
  pollfd wanted = {fd, POLLIN, 0};
  return poll(&wanted, 1, static_cast<int>(budget.millis_ceil())) == 1;
}

}  // namespace

absl::StatusOr<RawUdp> RawUdp::Open(const std::string& from_ip, const std::string& to_ip) {
  const absl::StatusOr<int> fd = Connect(SOCK_DGRAM, from_ip, to_ip);
  if (!fd.ok()) return fd.status();
  return RawUdp(*fd);
}

RawUdp::RawUdp(RawUdp&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RawUdp::~RawUdp() {
  if (fd_ >= 0) close(fd_);
}

bool RawUdp::Send(std::string_view datagram) {
  return send(fd_, datagram.data(), datagram.size(), 0) == static_cast<ssize_t>(datagram.size());
}

std::optional<std::string> RawUdp::Receive(Duration budget) {
  if (!WaitReadable(fd_, budget)) return std::nullopt;
  std::array<char, 65536> buffer;
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<size_t>(got));
}

absl::StatusOr<RawTcp> RawTcp::Open(const std::string& from_ip, const std::string& to_ip) {
  const absl::StatusOr<int> fd = Connect(SOCK_STREAM, from_ip, to_ip);
  if (!fd.ok()) return fd.status();
  return RawTcp(*fd);
}

RawTcp::RawTcp(RawTcp&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RawTcp::~RawTcp() {
  if (fd_ >= 0) close(fd_);
}

bool RawTcp::Send(std::string_view bytes) {
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void RawTcp::FinishSending() { shutdown(fd_, SHUT_WR); }

std::optional<std::string> RawTcp::ReadToEnd(Duration budget) {
  std::string all;
  const TimePoint deadline = Now() + budget;
  while (Now() < deadline) {
    if (!WaitReadable(fd_, deadline - Now())) continue;
    std::array<char, 65536> buffer;
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return all;  // closed or reset
    all.append(buffer.data(), static_cast<size_t>(got));
  }
  return std::nullopt;
}

std::optional<std::string> RawTcp::ReadExactly(size_t size, Duration budget) {
  std::string all(size, '\0');
  size_t filled = 0;
  const TimePoint deadline = Now() + budget;
  while (filled < size && Now() < deadline) {
    if (!WaitReadable(fd_, deadline - Now())) continue;
    const ssize_t got = recv(fd_, all.data() + filled, size - filled, 0);
    if (got <= 0) return std::nullopt;
    filled += static_cast<size_t>(got);
  }
  return filled == size ? std::optional<std::string>(all) : std::nullopt;
}

}  // namespace muster::e2e
