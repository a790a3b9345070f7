#include "src/runtime/target.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::runtime {
namespace {

constexpr size_t kDnsNameBytesMax = 253;  // RFC 1035

absl::Status Malformed(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", ToAbsl(text), "' is not HOST or HOST:PORT: ", ToAbsl(why)));
}

bool IsNameCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_';
}

// "10.0.0.300" or "10.0.0.1.2": meant as an address, and no DNS name ends in digits only.
bool LooksNumeric(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<Target> Target::Parse(std::string_view text) {
  Target target;
  target.text = text;
  if (absl::StatusOr<Address> address = Address::Parse(text); address.ok()) {
    target.address = *address;
    target.port = address->port();
    if (target.address.is_unspecified()) {
      return Malformed(text, "no agent has that address; name one that other hosts can dial");
    }
    return target;
  } else if (text.find_first_of("[]") != std::string_view::npos ||
             std::count(text.begin(), text.end(), ':') > 1 ||
             LooksNumeric(text.substr(0, text.find(':')))) {
    return address.status();
  }
  const size_t colon = text.find(':');
  target.host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    const char* end = port.data() + port.size();
    const auto [parsed, error] = std::from_chars(port.data(), end, target.port);
    if (error != std::errc() || parsed != end || target.port == 0) {
      return Malformed(text, "the port must be a number from 1 to 65535");
    }
  }
  if (target.host.size() > kDnsNameBytesMax) {
    return Malformed(text, "a DNS name has at most 253 characters");
  }
  if (!std::all_of(target.host.begin(), target.host.end(), IsNameCharacter) ||
      target.host.front() == '-' || target.host.front() == '.') {
    return Malformed(text, "a DNS name is made of letters, digits, '-', '_' and '.'");
  }
  return target;
}

}  // namespace muster::runtime
