#include "src/runtime/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace muster::runtime {

sockaddr_storage ToSockaddr(const Address& address, bool ipv6_socket) {
  sockaddr_storage storage{};
  if (!ipv6_socket && address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port());
    v4->sin_addr.s_addr = htonl(address.v4());
    return storage;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(address.port());
  std::memcpy(&v6->sin6_addr, address.bytes().data(), address.bytes().size());
  return storage;
}

Address FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return Address::V4(ntohl(v4->sin_addr.s_addr), ntohs(v4->sin_port));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::array<uint8_t, 16> ip;
    std::memcpy(ip.data(), &v6->sin6_addr, ip.size());
    return Address::V6(ip, ntohs(v6->sin6_port));
  }
  return Address();
}

bool CanReach(const Address& local, const Address& remote) {
  if (local.is_v4()) return remote.is_v4();
  return local.is_unspecified() || !remote.is_v4();
}

absl::Status BindError(const char* what, const Address& address, int uv_error, const char* flag) {
  const std::string where = absl::StrCat(what, " ", address.ToString());
  switch (uv_error) {
    case UV_EADDRINUSE:
      return absl::AlreadyExistsError(
          absl::StrCat("cannot listen on ", where, "\nanother program holds the port\n",
                       "stop it, or choose another with ", flag, " IP:PORT"));
    case UV_EACCES:
    case UV_EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat("cannot listen on ", where, "\nthe system does not permit it\n",
                       "choose a port above 1023 with ", flag, " IP:PORT"));
    case UV_EADDRNOTAVAIL:
      return absl::InvalidArgumentError(
          absl::StrCat("cannot listen on ", where, "\nno interface of this host has the address\n",
                       "name one that `ip address` shows with ", flag, ", or 0.0.0.0 for all"));
    default:
      return absl::UnavailableError(absl::StrCat("cannot listen on ", where, "\n",
                                                 uv_strerror(uv_error), "\n",
                                                 "check the address with `ip address`"));
  }
}

}  // namespace muster::runtime
