#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace muster::store {

// What an SQLSTATE means to the caller of a store (presence_store.h); kUnavailable for unknown ones
// and for the empty one, which stands for a lost connection.
absl::StatusCode PostgresqlCode(std::string_view sqlstate);

// What libpq says about a failed connection attempt, with error verbosity PQERRORS_VERBOSE, where
// the SQLSTATE stands before the message. A text without one is judged by its words.
absl::Status PostgresqlConnectError(std::string_view text);

// An error that the server answered a statement with, the remedy added where there is one.
absl::Status PostgresqlStatementError(std::string_view sqlstate, std::string_view text);

}  // namespace muster::store
