#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace muster::store {

// What a server's error reply means, in the codes of presence_store.h and with its text: printable,
// at most 200 bytes, and `secret` blotted out wherever it stands. Knows the errors of Redis 3 to 7,
// those that happen within scripts too. kNotFound: EVALSHA of a script that the server does not
// have.
absl::Status RedisError(std::string_view reply, std::string_view secret);

// The same for an answer to AUTH or SELECT at the start. A refused AUTH never shows the server's
// words: to an unknown command servers repeat the arguments.
absl::Status RedisAuthError(std::string_view reply);

}  // namespace muster::store
