#include "src/store/bytes_received.h"

// Of <netinet/tcp.h>, which knows less about a connection, nothing may be included here.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace muster::store {

uint64_t BytesReceived(int socket) {
  tcp_info info = {};
  socklen_t length = sizeof(info);
  const bool is_told = getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0;
  return is_told ? info.tcpi_bytes_received : 0;
}

}  // namespace muster::store
