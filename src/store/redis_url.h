#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster::store {

// Where a Redis server is and how to get in. Holds secrets: only Shown() may be logged or answered.
struct RedisUrl {
  std::string host;  // name or IP, without brackets
  uint16_t port = 6379;
  std::string user;      // percent-decoded; empty: none
  std::string password;  // percent-decoded; empty: none
  int database = 0;

  // "redis://[user[:password]@]host[:port][/db]". Errors as of BackEnd::parse; "rediss://" is one.
  static absl::StatusOr<RedisUrl> Parse(std::string_view text);

  // The URL with "***" in place of the password.
  std::string Shown() const;
};

// As UrlSource, for a Redis.
using RedisUrlSource = std::function<absl::StatusOr<RedisUrl>()>;

}  // namespace muster::store
