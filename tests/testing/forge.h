#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/wire/codec.h"
#include "src/wire/message.h"

namespace muster::testing {

// An id that is easy to tell apart in a failure's text; `n` > 0.
HostId TestId(uint64_t n);

// Sound attributes for a made-up member.
wire::Attributes TestAttributes(std::string_view name, const Address& address);

// Writes the gossip that a member, an old one or an attacker might send: sound bytes with whatever
// claims. One thread at a time.
class Forge {
 public:
  explicit Forge(std::string_view cluster) : codec_(cluster) {}

  // One gossip datagram with one claim, said to come from `sender` in its run `epoch`.
  std::string Gossip(const HostId& sender, uint64_t epoch, const wire::Update& update);
  wire::Codec& codec() { return codec_; }

 private:
  wire::Codec codec_;
  uint32_t next_sequence_ = 1'000'000;
};

}  // namespace muster::testing
