#include "src/wire/attributes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"
#include "src/wire/checksum.h"
#include "src/wire/limits.h"

namespace muster::wire {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}
bool IsKeyByte(char c) { return IsNameByte(c) || c == '/'; }
bool IsPrintable(char c) { return c >= 0x20 && c <= 0x7e; }
// Values may be UTF-8; what drives a terminal may not.
bool IsValueByte(char c) { return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f; }

AttributesFault FindTagFault(const Tags& tags) {
  if (tags.size() > limits::kTagsMax) return AttributesFault::kTagCount;
  size_t bytes = 0;
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto& [key, value] = tags[i];
    bytes += key.size() + value.size();
    if (bytes > limits::kTagBytesMax) return AttributesFault::kTagBytes;
    if (key.empty() || !std::all_of(key.begin(), key.end(), IsKeyByte)) {
      return AttributesFault::kTagKey;
    }
    if (i > 0 && tags[i - 1].first >= key) return AttributesFault::kTagOrder;
    if (!std::all_of(value.begin(), value.end(), IsValueByte)) return AttributesFault::kTagValue;
  }
  return AttributesFault::kNone;
}

// The encoding under AttributesHash: integers little endian, every text behind its length, so
// that no two different attributes share one. It is ours and never changes: hosts of different
// releases compare the hashes.
class Canonical {
 public:
  void Integer(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void Text(std::string_view text) {
    Integer(text.size(), 4);
    out_.append(text);
  }
  std::string_view bytes() const { return out_; }

 private:
  std::string out_;
};

}  // namespace

uint32_t AttributesHash(const Attributes& attributes) {
  Canonical canonical;
  canonical.Text(attributes.name);
  for (const uint8_t byte : attributes.address.bytes()) canonical.Integer(byte, 1);
  canonical.Integer(attributes.address.port(), 2);
  canonical.Integer(attributes.boot, 8);
  canonical.Integer(attributes.tolerance_ms, 4);
  canonical.Text(attributes.agent);
  canonical.Integer(attributes.tags.size(), 4);
  for (const auto& [key, value] : attributes.tags) {
    canonical.Text(key);
    canonical.Text(value);
  }
  const uint64_t hash = Checksum(canonical.bytes());
  const auto folded = static_cast<uint32_t>(hash ^ (hash >> 32));
  return folded == 0 ? 1 : folded;
}

AttributesFault FindFault(const Attributes& attributes) {
  const std::string& name = attributes.name;
  if (name.empty() || name.size() > limits::kNameBytesMax) return AttributesFault::kNameLength;
  if (!IsValidName(name)) return AttributesFault::kNameText;
  if (!IsValidMemberAddress(attributes.address)) return AttributesFault::kAddress;
  const std::string& agent = attributes.agent;
  if (agent.size() > limits::kAgentBytesMax) return AttributesFault::kAgentLength;
  if (!std::all_of(agent.begin(), agent.end(), IsPrintable)) return AttributesFault::kAgentText;
  return FindTagFault(attributes.tags);
}

std::string CheckAttributes(const Attributes& attributes) {
  switch (FindFault(attributes)) {
    case AttributesFault::kNone:
      return "";
    case AttributesFault::kNameLength:
      return absl::StrCat("the name has ", attributes.name.size(), " bytes; it needs 1 to ",
                          limits::kNameBytesMax);
    case AttributesFault::kNameText:
      return absl::StrCat("the name '", attributes.name,
                          "' may hold only letters, digits, '-', '.' and '_'");
    case AttributesFault::kAddress:
      return absl::StrCat("'", attributes.address.ToString(),
                          "' is not one host's address with a port");
    case AttributesFault::kTagCount:
      return absl::StrCat(attributes.tags.size(), " tags are more than ", limits::kTagsMax);
    case AttributesFault::kTagBytes:
      return absl::StrCat("the tags together exceed ", limits::kTagBytesMax, " bytes");
    case AttributesFault::kTagKey:
      return "a tag's key needs letters, digits, '-', '.', '_' or '/', and at least one";
    case AttributesFault::kTagOrder:
      return "the tags are not in the order of their keys, or a key is there twice";
    case AttributesFault::kTagValue:
      return "a tag's value holds a control character";
    case AttributesFault::kAgentLength:
      return absl::StrCat("the agent version exceeds ", limits::kAgentBytesMax, " bytes");
    case AttributesFault::kAgentText:
      return "the agent version is not printable ASCII";
  }
  return "the attributes break an unknown rule";
}

bool IsValidName(std::string_view name) {
  return !name.empty() && name.size() <= limits::kNameBytesMax &&
         std::all_of(name.begin(), name.end(), IsNameByte);
}

bool IsValidCluster(std::string_view cluster) {
  return !cluster.empty() && cluster.size() <= limits::kClusterBytesMax &&
         std::all_of(cluster.begin(), cluster.end(), IsPrintable);
}

bool IsValidMemberAddress(const Address& address) {
  if (address.port() == 0 || address.is_unspecified()) return false;
  if (!address.is_v4()) return address.bytes()[0] != 0xff;
  const uint32_t ip = address.v4();
  return ip >> 28 != 0xe && ip != 0xffffffff;
}

}  // namespace muster::wire
