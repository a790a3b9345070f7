#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace muster::store {

// Whether a "postgresql://" or "postgres://" URL can be told apart into what is secret and what is
// not. Its meaning is libpq's affair (postgresql_target.h). Errors as of BackEnd::parse.
absl::Status CheckPostgresqlUrl(std::string_view text);

// A URL that has passed, with "***" in place of each secret: the password, and parameters of libpq
// that hold one.
std::string ShownPostgresqlUrl(std::string_view url);

}  // namespace muster::store
