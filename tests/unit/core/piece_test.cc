#include "src/core/piece.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace muster::core {
namespace {

TEST(PieceTest, EqualBytesAreOneObject) {
  PiecePool pool;
  const std::string text = "claim";
  const Piece a = pool.Intern(text);
  const Piece b = pool.Intern("claim");
  const Piece other = pool.Intern("claims");
  EXPECT_EQ(a->bytes(), "claim");
  EXPECT_EQ(a->size(), 5u);
  EXPECT_EQ(a->bytes().data(), b->bytes().data());
  EXPECT_NE(a->bytes().data(), text.data()) << "the pool keeps its own copy";
  EXPECT_EQ(other->bytes(), "claims");
  EXPECT_EQ(pool.size(), 2u);
}

TEST(PieceTest, TheLastReferenceFreesIt) {
  PiecePool pool;
  Piece a = pool.Intern("claim");
  {
    const Piece copy = a;
    a = Piece();
    EXPECT_EQ(copy->bytes(), "claim");
    EXPECT_EQ(pool.size(), 1u);
  }
  EXPECT_EQ(pool.size(), 0u);
}

TEST(PieceTest, MovingAndAssigningToItselfKeepTheBytes) {
  PiecePool pool;
  Piece a = pool.Intern("claim");
  Piece b = std::move(a);
  Piece& same = b;
  b = same;
  EXPECT_EQ(b->bytes(), "claim");
  EXPECT_EQ(pool.size(), 1u);
}

TEST(PieceTest, NoBytesAreAPieceTooAndNoPieceIsNone) {
  const Piece none;
  EXPECT_FALSE(none);
  PiecePool pool;
  const Piece empty = pool.Intern("");
  EXPECT_TRUE(empty);
  EXPECT_EQ(empty->bytes(), "");
  EXPECT_EQ(empty->size(), 0u);
  EXPECT_EQ(pool.size(), 1u);
}

TEST(PieceTest, ABurstCanComeAndGoManyTimes) {
  PiecePool pool;
  for (int round = 0; round < 3; ++round) {
    std::vector<Piece> pieces;
    for (int i = 0; i < 1000; ++i) pieces.push_back(pool.Intern(std::to_string(i)));
    EXPECT_EQ(pool.size(), 1000u);
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(pieces[static_cast<size_t>(i)]->bytes(), std::to_string(i));
    }
    pieces.clear();
    EXPECT_EQ(pool.size(), 0u);
  }
}

TEST(PieceDeathTest, ThePoolMustOutliveItsPieces) {
  EXPECT_DEATH(
      {
        Piece piece;
        PiecePool pool;
        piece = pool.Intern("claim");
      },
      "check failed: bodies_.empty()");
}

}  // namespace
}  // namespace muster::core
