#include "src/core/peer_cells.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }
constexpr wire::ViewCell kOurs{1, 5};
constexpr wire::ViewCell kTheirs{2, 5};
const HostId kPeer{7, 1};

TEST(PeerCellsTest, AgreementFollowsBothSides) {
  PeerCells cells;
  size_t agreeing = 9;
  cells.Note(At(0), kPeer, kTheirs, kOurs);
  EXPECT_EQ(cells.CountSince(At(0), &agreeing), 1u);
  EXPECT_EQ(agreeing, 0u);
  EXPECT_EQ(cells.all()[0].differs_since, At(0));
  cells.OwnCellChanged(At(10), kTheirs);
  EXPECT_EQ(cells.CountSince(At(0), &agreeing), 1u);
  EXPECT_EQ(agreeing, 1u);
  cells.OwnCellChanged(At(20), kOurs);
  EXPECT_EQ(cells.all()[0].differs_since, At(20)) << "they differ anew, since then";
  cells.Note(At(30), kPeer, kTheirs, kOurs);
  EXPECT_EQ(cells.all()[0].differs_since, At(20)) << "and go on differing";
  EXPECT_EQ(cells.CountSince(At(31), &agreeing), 0u) << "not heard from since";
}

TEST(PeerCellsTest, AllAgreeUntilOneHeardFromLatelyDiffers) {
  PeerCells cells;
  EXPECT_TRUE(cells.AllAgreeSince(At(0))) << "nobody differs";
  cells.Note(At(0), kPeer, kOurs, kOurs);
  EXPECT_TRUE(cells.AllAgreeSince(At(0)));
  cells.Note(At(1), HostId{8, 1}, kTheirs, kOurs);
  EXPECT_FALSE(cells.AllAgreeSince(At(0)));
  EXPECT_TRUE(cells.AllAgreeSince(At(2))) << "not heard from since";
  cells.Forget(HostId{8, 1});
  EXPECT_TRUE(cells.AllAgreeSince(At(0)));
  cells.Forget(HostId{8, 1});
  cells.OwnCellChanged(At(3), kTheirs);
  EXPECT_FALSE(cells.AllAgreeSince(At(0)));
  cells.OwnCellChanged(At(4), kOurs);
  EXPECT_TRUE(cells.AllAgreeSince(At(0)));
}

TEST(PeerCellsTest, OneThatDiffersAndMakesRoomDiffersNoLonger) {
  PeerCells cells;
  cells.Note(At(0), HostId{1, 1}, kTheirs, kOurs);
  for (uint64_t i = 2; i <= PeerCells::kMax; ++i) cells.Note(At(1), HostId{i, 1}, kOurs, kOurs);
  EXPECT_FALSE(cells.AllAgreeSince(At(0)));
  cells.Note(At(2), HostId{PeerCells::kMax + 1, 1}, kOurs, kOurs);
  EXPECT_TRUE(cells.AllAgreeSince(At(0)));
}

TEST(PeerCellsTest, AFutileReconciliationWaitsForAChangeOfEitherCell) {
  PeerCells cells;
  EXPECT_FALSE(cells.WorthReconciling(kPeer, kOurs)) << "unknown peer";
  cells.Note(At(0), kPeer, kTheirs, kOurs);
  EXPECT_TRUE(cells.WorthReconciling(kPeer, kOurs));
  cells.MarkFutile(kPeer, kOurs);
  EXPECT_FALSE(cells.WorthReconciling(kPeer, kOurs));
  EXPECT_TRUE(cells.WorthReconciling(kPeer, {3, 6})) << "ours changed";
  cells.Note(At(5), kPeer, {4, 5}, kOurs);
  EXPECT_TRUE(cells.WorthReconciling(kPeer, kOurs)) << "theirs changed";
  cells.Note(At(6), kPeer, kOurs, kOurs);
  EXPECT_FALSE(cells.WorthReconciling(kPeer, kOurs)) << "equal";
}

TEST(PeerCellsTest, TheOneHeardFromLongestAgoMakesRoom) {
  PeerCells cells;
  for (uint64_t i = 0; i < PeerCells::kMax + 1; ++i) {
    cells.Note(At(static_cast<int64_t>(i)), HostId{i + 1, 1}, kTheirs, kOurs);
  }
  EXPECT_EQ(cells.all().size(), PeerCells::kMax);
  EXPECT_FALSE(cells.WorthReconciling(HostId{1, 1}, kOurs)) << "the first is gone";
  EXPECT_TRUE(cells.WorthReconciling(HostId{2, 1}, kOurs));
  cells.Forget(HostId{2, 1});
  EXPECT_FALSE(cells.WorthReconciling(HostId{2, 1}, kOurs));
}

TEST(PeerCellsTest, TheLastHeardFromAgree) {
  PeerCells cells;
  EXPECT_TRUE(cells.LastAgree(0));
  EXPECT_FALSE(cells.LastAgree(1));
  for (uint64_t n = 1; n <= 3; ++n) {
    cells.Note(At(static_cast<int64_t>(n)), HostId{n, 1}, kOurs, kOurs);
  }
  EXPECT_TRUE(cells.LastAgree(3));
  EXPECT_FALSE(cells.LastAgree(4)) << "there are no more";
  cells.Note(At(10), HostId{4, 1}, kTheirs, kOurs);
  EXPECT_FALSE(cells.LastAgree(1)) << "the last one differs";
  cells.Note(At(11), HostId{1, 1}, kOurs, kOurs);
  EXPECT_TRUE(cells.LastAgree(1));
  EXPECT_FALSE(cells.LastAgree(2)) << "the others were heard from before";
  cells.Note(At(12), HostId{4, 1}, kOurs, kOurs);
  EXPECT_TRUE(cells.LastAgree(4)) << "it came round";
  cells.OwnCellChanged(At(13), kTheirs);
  EXPECT_FALSE(cells.LastAgree(1));
}

TEST(PeerCellsTest, WhoClosesComparisonsTwiceInARowGetsWholeTablesForAMinute) {
  PeerCells cells;
  cells.NoteRefusal(At(0), kPeer);  // unknown: nothing to remember it by
  cells.Note(At(0), kPeer, kTheirs, kOurs);
  cells.NoteRefusal(At(0), kPeer);
  EXPECT_FALSE(cells.WantsWholeTables(At(1), kPeer)) << "once may be a lack of streams";
  cells.NoteComparison(kPeer);
  cells.NoteRefusal(At(10), kPeer);
  EXPECT_FALSE(cells.WantsWholeTables(At(11), kPeer)) << "not in a row";
  cells.NoteRefusal(At(20), kPeer);
  EXPECT_TRUE(cells.WantsWholeTables(At(21), kPeer));
  EXPECT_TRUE(cells.WantsWholeTables(At(60'019), kPeer));
  EXPECT_FALSE(cells.WantsWholeTables(At(60'020), kPeer)) << "it may have been updated";
  cells.NoteRefusal(At(60'020), kPeer);
  EXPECT_TRUE(cells.WantsWholeTables(At(60'021), kPeer)) << "one try was enough";
  EXPECT_FALSE(cells.WantsWholeTables(At(60'021), HostId{8, 1}));
}

TEST(PeerCellsTest, HowManyAPeerHolds) {
  PeerCells cells;
  EXPECT_EQ(cells.CountOf(kPeer), 0u);
  cells.Note(At(0), kPeer, {2, 45}, kOurs);
  EXPECT_EQ(cells.CountOf(kPeer), 45u);
}

TEST(PeerCellsTest, HowFarApart) {
  PeerCells cells;
  EXPECT_EQ(cells.CountApart(kPeer, kOurs), 0u) << "unknown peer";
  cells.Note(At(0), kPeer, {2, 45}, kOurs);
  EXPECT_EQ(cells.CountApart(kPeer, kOurs), 40u);
  EXPECT_EQ(cells.CountApart(kPeer, {3, 100}), 55u);
  EXPECT_EQ(cells.CountApart(kPeer, {3, 45}), 0u);
}

}  // namespace
}  // namespace muster::core
