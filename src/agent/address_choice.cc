#include "src/agent/address_choice.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::agent {
namespace {

enum class Rank { kUnusable, kPublic, kPrivate };

Rank RankOf(const Address& address) {
  if (address.is_loopback() || address.is_link_local() || address.is_unspecified()) {
    return Rank::kUnusable;
  }
  return address.is_private() ? Rank::kPrivate : Rank::kPublic;
}

const char* WhyUnusable(const Address& address) {
  return address.is_loopback() ? "loopback" : "link-local";
}

}  // namespace

absl::StatusOr<AddressChoice> ChooseAddress(const std::vector<InterfaceAddress>& addresses,
                                            bool ipv4_only) {
  const InterfaceAddress* best = nullptr;
  Rank best_rank = Rank::kUnusable;
  for (const InterfaceAddress& candidate : addresses) {
    if (ipv4_only && !candidate.address.is_v4()) continue;
    const Rank rank = RankOf(candidate.address);
    if (rank <= best_rank) continue;
    best = &candidate;
    best_rank = rank;
  }
  std::vector<std::string> others;
  for (const InterfaceAddress& candidate : addresses) {
    if (&candidate == best) continue;
    std::string text = absl::StrCat(candidate.address.IpToString(), " (", candidate.interface);
    if (RankOf(candidate.address) == Rank::kUnusable) {
      absl::StrAppend(&text, ", ", WhyUnusable(candidate.address));
    } else if (ipv4_only && !candidate.address.is_v4()) {
      absl::StrAppend(&text, ", IPv6, but bound to IPv4");
    }
    others.push_back(text + ")");
  }
  if (best == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("no address that other hosts could dial\n",
                     others.empty() ? "this host has none at all"
                                    : absl::StrCat("this host has ", absl::StrJoin(others, ", ")),
                     "\nname one with --advertise IP (127.0.0.1 for agents on this host alone)"));
  }
  AddressChoice choice;
  choice.address = best->address;
  choice.why = absl::StrCat(best->interface,
                            others.empty() ? "" : "; not chosen: ", absl::StrJoin(others, ", "));
  return choice;
}

}  // namespace muster::agent
