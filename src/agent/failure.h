#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace muster::agent {

// An error's text in this folder is up to three lines: what failed, the fact behind it, what to
// try.
absl::Status UsageError(std::string_view what, std::string_view fact, std::string_view remedy);

// Those lines as users see them: "error: WHAT", then indented the fact and "try: REMEDY". Control
// characters become '?'; lines beyond the third join it.
std::string FormatFailure(std::string_view message);

// FormatFailure on standard error.
void PrintFailure(const absl::Status& status);

}  // namespace muster::agent
