#include "src/runtime/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/runtime/sockaddr.h"

namespace muster::runtime {

struct Resolver::Lookup {
  uv_getaddrinfo_t request;
  Resolver* resolver;
  Target target;
  Done done;
};

void Resolver::Start(uv_loop_t* loop, const Address& local) {
  loop_ = loop;
  local_ = local;
}

void Resolver::Resolve(const Target& target, Done done) {
  if (!target.is_name()) {
    if (CanReach(local_, target.address)) {
      done({target.address}, "");
    } else {
      done({}, absl::StrCat("this agent is bound to ", local_.IpToString(),
                            " and cannot reach the other IP version"));
    }
    return;
  }
  auto lookup = std::make_unique<Lookup>();
  lookup->resolver = this;
  lookup->target = target;
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  const int error =
      uv_getaddrinfo(loop_, &lookup->request, OnLookup, target.host.c_str(), nullptr, &hints);
  if (error != 0) {
    done({}, absl::StrCat("cannot look the name up: ", uv_strerror(error)));
    return;
  }
  lookup->done = std::move(done);
  lookups_.push_back(lookup.release());
}

std::vector<Address> Resolver::Usable(const addrinfo* list, uint16_t port) const {
  std::vector<Address> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const Address address = FromSockaddr(entry->ai_addr).WithPort(port);
    if (!CanReach(local_, address)) continue;
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

void Resolver::OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* list) {
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(request->data));
  Resolver* self = lookup->resolver;
  self->lookups_.erase(std::find(self->lookups_.begin(), self->lookups_.end(), lookup.get()));
  std::vector<Address> addresses = self->Usable(list, lookup->target.port);
  uv_freeaddrinfo(list);
  if (self->closing_) {
    if (self->lookups_.empty()) {
      const std::function<void()> closed = std::move(self->closed_);
      closed();
    }
    return;
  }
  std::string error;
  if (status != 0) {
    error = absl::StrCat("name does not resolve: ", uv_strerror(status));
  } else if (addresses.empty()) {
    error = absl::StrCat("name has no address that an agent bound to ", self->local_.IpToString(),
                         " can reach");
  }
  lookup->done(std::move(addresses), error);
}

void Resolver::Close(std::function<void()> closed) {
  closing_ = true;
  if (lookups_.empty()) {
    closed();
    return;
  }
  closed_ = std::move(closed);
  for (Lookup* lookup : lookups_) uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));
}

}  // namespace muster::runtime
