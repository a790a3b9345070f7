#pragma once

#include "absl/status/status.h"

// Hands a failed status on to the caller.
#define MUSTER_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)
