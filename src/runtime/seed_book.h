#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/base/address.h"
#include "src/runtime/resolver.h"
#include "src/runtime/target.h"

namespace muster::runtime {

// The peers that the user configured, with what their names resolved to last. One thread.
class SeedBook {
 public:
  // `resolver` must outlive the book and be closed before it goes.
  SeedBook(Resolver* resolver, std::vector<Target> targets);

  // Looks all names up again; `done` runs when the last answer is in, within the call when there is
  // none to wait for. Ignored while a round is under way. A name that does not resolve any more
  // keeps its last addresses.
  void Refresh(std::function<void()> done);

  bool has_names() const { return has_names_; }
  // Every address known now, once each, in the order of the configuration.
  std::vector<Address> addresses() const;
  // As the user wrote them.
  std::vector<std::string> texts() const;
  // "NAME: why" of the first name that the last round could not resolve; empty if all could.
  const std::string& error() const { return error_; }

 private:
  struct Seed {
    Target target;
    std::vector<Address> addresses;
  };
  Resolver* resolver_;
  std::vector<Seed> seeds_;
  bool has_names_ = false;
  size_t waiting_ = 0;
  std::string error_;
  std::string round_error_;
};

}  // namespace muster::runtime
