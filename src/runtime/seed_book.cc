#include "src/runtime/seed_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::runtime {
namespace {

void AddOnce(const Address& address, std::vector<Address>* list) {
  if (std::find(list->begin(), list->end(), address) == list->end()) list->push_back(address);
}

}  // namespace

SeedBook::SeedBook(Resolver* resolver, std::vector<Target> targets) : resolver_(resolver) {
  seeds_.reserve(targets.size());
  for (Target& target : targets) {
    Seed seed;
    if (target.is_name()) {
      has_names_ = true;
    } else {
      seed.addresses.push_back(target.address);
    }
    seed.target = std::move(target);
    seeds_.push_back(std::move(seed));
  }
}

void SeedBook::Refresh(std::function<void()> done) {
  if (waiting_ > 0) return;
  round_error_.clear();
  // One more than the names: answers given within the call must not end the round early.
  waiting_ = 1;
  const auto count_down = [this, done = std::move(done)] {
    if (--waiting_ > 0) return;
    error_ = std::move(round_error_);
    round_error_.clear();
    done();
  };
  for (size_t i = 0; i < seeds_.size(); ++i) {
    if (!seeds_[i].target.is_name()) continue;
    ++waiting_;
    resolver_->Resolve(seeds_[i].target, [this, i, count_down](std::vector<Address> addresses,
                                                               const std::string& error) {
      if (!addresses.empty()) {
        seeds_[i].addresses = std::move(addresses);
      } else if (round_error_.empty()) {
        round_error_ = absl::StrCat(seeds_[i].target.text, ": ", error);
      }
      count_down();
    });
  }
  count_down();
}

std::vector<Address> SeedBook::addresses() const {
  std::vector<Address> all;
  for (const Seed& seed : seeds_) {
    for (const Address& address : seed.addresses) AddOnce(address, &all);
  }
  return all;
}

std::vector<std::string> SeedBook::texts() const {
  std::vector<std::string> all;
  for (const Seed& seed : seeds_) all.push_back(seed.target.text);
  return all;
}

}  // namespace muster::runtime
