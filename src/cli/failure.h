#pragma once

#include <optional>
#include <string>
#include <utility>

#include "src/cli/exit_codes.h"

namespace muster::cli {

// Why a command ends without success, in the three lines that a user gets to read. `fact` and
// `remedy` may be empty. Texts from outside may be put in as they are: printing escapes them.
struct Failure {
  ExitCode exit = ExitCode::kError;
  std::string what;    // what failed
  std::string fact;    // the fact behind it
  std::string remedy;  // what to try
};

// "error: WHAT", then indented the fact, then indented "try: REMEDY"; a line that is empty is left
// out. Escaped for a terminal.
std::string FormatFailure(const Failure& failure);

// A value, or the failure that stands in its way.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}              // NOLINT: implicit on purpose
  Result(Failure failure) : failure_(std::move(failure)) {}  // NOLINT: implicit on purpose

  bool ok() const { return value_.has_value(); }
  // Only when ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  // Only when not ok().
  const Failure& failure() const { return failure_; }

 private:
  std::optional<T> value_;
  Failure failure_;
};

}  // namespace muster::cli
