#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <vector>

#include "src/base/address.h"
#include "src/runtime/target.h"

namespace muster::runtime {

// Turns targets into addresses. Names are looked up by the system's resolver on libuv's pool; IP
// addresses are answered within the call, so that an agent that knows only those never starts a
// pool thread. One thread.
class Resolver {
 public:
  // All addresses of the target that a socket bound to `local` can reach, in the system's order of
  // preference; empty with the reason in `error`.
  using Done = std::function<void(std::vector<Address> addresses, const std::string& error)>;

  void Start(uv_loop_t* loop, const Address& local);
  // Never calls back after Close().
  void Resolve(const Target& target, Done done);
  // `closed` runs when no look-up is under way any more: at once, or when the last returns. One
  // that the pool has begun cannot be cut short.
  void Close(std::function<void()> closed);

 private:
  struct Lookup;
  static void OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* list);
  std::vector<Address> Usable(const addrinfo* list, uint16_t port) const;

  uv_loop_t* loop_ = nullptr;
  Address local_;
  bool closing_ = false;
  std::function<void()> closed_;
  std::vector<Lookup*> lookups_;  // under way
};

}  // namespace muster::runtime
