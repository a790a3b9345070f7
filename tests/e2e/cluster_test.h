#pragma once

#include <gtest/gtest.h>

#include "tests/e2e/harness/cluster.h"

// Stops the test when a status is not OK, and prints it.
#define ASSERT_OK(expression)                                    \
  do {                                                           \
    const absl::Status status_ = (expression);                   \
    ASSERT_TRUE(status_.ok()) << std::string(status_.message()); \
  } while (false)
