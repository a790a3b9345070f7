#include <gtest/gtest.h>

#include <cstdio>

#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/network.h"
#include "tests/e2e/harness/process.h"

namespace {

// Fails every test in which an agent or a command crashed, also where nobody missed it.
class CrashListener : public testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const testing::TestInfo&) override {
    const int count = muster::e2e::Process::CrashCount();
    if (count != seen_) ADD_FAILURE() << count - seen_ << " processes crashed";
    seen_ = count;
  }

 private:
  int seen_ = 0;
};

}  // namespace

// Every end-to-end test runs in a network namespace of its own, so tests disturb neither each other
// nor the machine, and all use the same addresses and the default port.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const absl::Status entered = muster::e2e::EnterOwnNetwork();
  if (!entered.ok()) {
    std::fprintf(stderr, "no network of our own: %s\n", entered.ToString().c_str());
    return 1;
  }
  if (muster::e2e::MusterBinary().empty()) {
    std::fprintf(stderr, "MUSTER_BINARY is not set: run this through bazel test\n");
    return 1;
  }
  testing::UnitTest::GetInstance()->listeners().Append(new CrashListener);
  return RUN_ALL_TESTS();
}
