#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/wire/message.h"

// The rules for what a member says of itself: who checks them is the codec for bytes from the
// network, and the agent for what its user typed.

namespace muster::wire {

// 32 bits of a hash of the attributes' encoding; never 0. Equal attributes, equal hash, on every
// host: names, tags, address, boot, tolerance and agent version are all in it.
uint32_t AttributesHash(const Attributes& attributes);

enum class AttributesFault : uint8_t {
  kNone = 0,
  kNameLength,  // empty, or above limits::kNameBytesMax
  kNameText,    // a character other than a letter, a digit, '-', '.' or '_'
  kAddress,     // not one host's address with a port
  kTagCount,
  kTagBytes,
  kTagKey,    // empty, or a character other than a name's and '/'
  kTagOrder,  // not ascending, or a key twice
  kTagValue,  // a control character
  kAgentLength,
  kAgentText,  // not printable ASCII
};
// The first rule that the attributes break. Allocates nothing.
AttributesFault FindFault(const Attributes& attributes);
// Empty when the attributes obey limits.h and the character rules, else what breaks them.
std::string CheckAttributes(const Attributes& attributes);

// 1 to 128 letters, digits, '-', '.' and '_', all ASCII.
bool IsValidName(std::string_view name);
// 1 to 128 bytes of printable ASCII.
bool IsValidCluster(std::string_view cluster);
// One host's address with a port: neither unspecified nor multicast nor broadcast.
bool IsValidMemberAddress(const Address& address);

}  // namespace muster::wire
