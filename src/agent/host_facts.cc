#include "src/agent/host_facts.h"

#include <grp.h>
#include <unistd.h>
#include <uv.h>

#include "absl/strings/numbers.h"
#include "src/agent/config.h"
#include "src/runtime/sockaddr.h"

namespace muster::agent {

HostFacts ReadHostFacts() {
  HostFacts facts;
  char name[UV_MAXHOSTNAMESIZE] = "";
  size_t size = sizeof name;
  if (uv_os_gethostname(name, &size) == 0) facts.host_name.assign(name, size);
  uv_interface_address_t* list = nullptr;
  int count = 0;
  if (uv_interface_addresses(&list, &count) == 0) {
    for (int i = 0; i < count; ++i) {
      const auto* address = reinterpret_cast<const sockaddr*>(&list[i].address);
      facts.addresses.push_back({list[i].name, runtime::FromSockaddr(address).WithPort(0)});
    }
    uv_free_interface_addresses(list, count);
  }
  facts.data_base = DefaultDataBase();
  return facts;
}

std::optional<gid_t> FindGroup(const std::string& group) {
  gid_t number = 0;
  if (absl::SimpleAtoi(group, &number)) return number;
  // Called once, at start, with no other thread running.
  const struct group* found = getgrnam(group.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

}  // namespace muster::agent
