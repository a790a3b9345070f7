#include "src/core/votes.h"

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using wire::Vote;

// A ballot of one accuser and so many others.
Ballot BallotOf(int in_favour, int against, int silent = 0) {
  Ballot ballot;
  uint64_t n = 1;
  const auto add = [&](int count, Vote vote) {
    for (int i = 0; i < count; ++i, ++n) {
      ballot.Ask(IdOf(n), static_cast<uint32_t>(n));
      const bool counted = ballot.Count(IdOf(n), static_cast<uint32_t>(n), vote);
      EXPECT_TRUE(counted);
    }
  };
  add(in_favour, Vote::kFor);
  add(against, Vote::kAgainst);
  add(silent, Vote::kNone);
  return ballot;
}

TEST(BallotTest, AQuorumIsSevenNinthsOfThoseThatAnswered) {
  EXPECT_TRUE(BallotOf(0, 0).HasQuorum()) << "nobody to ask";
  EXPECT_TRUE(BallotOf(6, 2).HasQuorum());
  EXPECT_FALSE(BallotOf(5, 3).HasQuorum());
  EXPECT_TRUE(BallotOf(3, 1, 4).HasQuorum()) << "4 of 5; the silent do not count";
  EXPECT_FALSE(BallotOf(0, 1).HasQuorum());
  EXPECT_FALSE(BallotOf(1, 1).HasQuorum());
}

TEST(BallotTest, DoubtIsAThirdOfThoseThatCouldVote) {
  EXPECT_TRUE(BallotOf(0, 0).HasDoubt(3));
  EXPECT_FALSE(BallotOf(0, 0).HasDoubt(4));
  EXPECT_TRUE(BallotOf(2, 6).HasDoubt(9));
  EXPECT_FALSE(BallotOf(1, 7).HasDoubt(9));
}

TEST(BallotTest, CountsOnlyWhatWasAsked) {
  Ballot ballot;
  ballot.Ask(IdOf(1), 7);
  EXPECT_FALSE(ballot.Count(IdOf(1), 8, Vote::kFor)) << "another request";
  EXPECT_FALSE(ballot.Count(IdOf(2), 7, Vote::kFor)) << "another voter";
  EXPECT_EQ(ballot.in_favour(), 1);
  EXPECT_TRUE(ballot.Count(IdOf(1), 7, Vote::kFor));
  EXPECT_FALSE(ballot.Count(IdOf(1), 7, Vote::kFor)) << "the same request again";
  EXPECT_EQ(ballot.in_favour(), 2);
  ballot.Ask(IdOf(1), 9);
  EXPECT_FALSE(ballot.Count(IdOf(1), 7, Vote::kAgainst)) << "asked again since";
  EXPECT_TRUE(ballot.Count(IdOf(1), 9, Vote::kAgainst));
  EXPECT_EQ(ballot.in_favour(), 1) << "the new vote replaces the old";
  EXPECT_EQ(ballot.answers(), 2);
}

TEST(BallotTest, AVoidVoteSaysNothing) {
  Ballot ballot;
  ballot.Ask(IdOf(1), 1);
  EXPECT_TRUE(ballot.Count(IdOf(1), 1, Vote::kVoid));
  EXPECT_EQ(ballot.answers(), 1);
}

TEST(BallotTest, HasALimit) {
  Ballot ballot;
  for (uint64_t n = 1; n <= Ballot::kVotersMax; ++n) {
    EXPECT_FALSE(ballot.full());
    ballot.Ask(IdOf(n), 1);
  }
  EXPECT_TRUE(ballot.full());
  ballot.Ask(IdOf(Ballot::kVotersMax + 1), 1);
  EXPECT_EQ(ballot.voters().size(), Ballot::kVotersMax);
}

TEST(VoteDutiesTest, ServesAllThatAskAboutOneSubject) {
  VoteDuties duties;
  duties.Add({IdOf(1), AttributesOf(5).address, 50});
  duties.Add({IdOf(2), AttributesOf(6).address, 60});
  duties.Add({IdOf(1), AttributesOf(7).address, 70});
  VoteDuties::Duty duty;
  uint32_t sum = 0;
  while (duties.Take(IdOf(1), &duty)) sum += duty.asker_sequence;
  EXPECT_EQ(sum, 120u);
  EXPECT_TRUE(duties.Take(IdOf(2), &duty));
  EXPECT_EQ(duty.asker, AttributesOf(6).address);
  EXPECT_FALSE(duties.Take(IdOf(2), &duty));
}

TEST(LossyVotesTest, AVoteEndsByItself) {
  LossyVotes votes;
  votes.Note(At(0), IdOf(1), IdOf(2));
  EXPECT_TRUE(votes.Has(At(30'000), IdOf(1), IdOf(2)));
  EXPECT_FALSE(votes.Has(At(30'001), IdOf(1), IdOf(2)));
  EXPECT_FALSE(votes.Has(At(1), IdOf(2), IdOf(1)));
  votes.Note(At(20'000), IdOf(1), IdOf(2));
  EXPECT_TRUE(votes.Has(At(50'000), IdOf(1), IdOf(2))) << "renewed";
  votes.Forget(IdOf(1));
  EXPECT_FALSE(votes.Has(At(20'001), IdOf(1), IdOf(2)));
}

TEST(LossyVotesTest, TheOldestGiveWay) {
  LossyVotes votes;
  for (uint64_t n = 0; n <= LossyVotes::kMax; ++n) votes.Note(At(0), IdOf(n), IdOf(1));
  EXPECT_FALSE(votes.Has(At(0), IdOf(0), IdOf(1)));
  EXPECT_TRUE(votes.Has(At(0), IdOf(LossyVotes::kMax), IdOf(1)));
}

}  // namespace
}  // namespace muster::core
