#pragma once

#include <string>
#include <string_view>

namespace muster::agent {

// Tells systemd, or whatever else listens on $NOTIFY_SOCKET, how the service stands: "READY=1",
// "STOPPING=1" (the protocol of sd_notify(3); a leading '@' names an abstract socket). Without the
// variable nothing happens. Never blocks; false when nobody was told.
bool NotifyServiceManager(std::string_view state);

// The same, to the socket of the given name.
bool NotifySocket(const std::string& socket_name, std::string_view state);

}  // namespace muster::agent
