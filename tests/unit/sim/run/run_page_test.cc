#include "src/sim/run/run_page.h"

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

TEST(RunPageTest, ShowsFiguresEventsAndPlotsAndIsTheSameAgain) {
  Plan plan;
  plan.members = 8;
  plan.duration = Duration::Seconds(30);
  ASSERT_TRUE(AddRandomFaults(1, 2, &plan));
  const RunResult result = sim::Run(plan);
  const std::string page = PageOf(plan, result, "muster sim --members 8 '<x>'");
  for (const char* const part :
       {"&lt;x&gt;", "false failures", "all knew", "Detection of crashes", "Membership size",
        "Bytes sent", "tolerance</text>", "block</text>"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(page, PageOf(plan, sim::Run(plan), "muster sim --members 8 '<x>'"));
}

TEST(RunPageTest, WithoutEventsThereIsNoTableOfThem) {
  Plan plan;
  plan.members = 4;
  plan.duration = Duration::Seconds(5);
  const std::string page = PageOf(plan, sim::Run(plan), "muster sim");
  EXPECT_EQ(page.find("all knew"), std::string::npos);
  EXPECT_NE(page.find(">no data</text>"), std::string::npos);  // of detections
}

}  // namespace
}  // namespace muster::sim
