#include "src/base/time.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace muster {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(Duration, ConvertsBetweenUnits) {
  EXPECT_EQ(Duration::Seconds(2), Duration::Millis(2000));
  EXPECT_EQ(Duration::Millis(2), Duration::Micros(2000));
  EXPECT_EQ(Duration::Micros(2'999'999).seconds(), 2);
  EXPECT_EQ(Duration::Micros(2999).millis(), 2);
  EXPECT_EQ(Duration::Seconds(7) / Duration::Seconds(2), 3);
}

TEST(Duration, MillisCeilNeverFiresEarly) {
  const std::pair<int64_t, int64_t> table[] = {
      {0, 0},  {1, 1},    {999, 1},    {1000, 1},   {1001, 2},
      {-1, 0}, {-999, 0}, {-1000, -1}, {-1999, -1}, {kMax, kMax / 1000 + 1}};
  for (const auto& [micros, millis] : table) {
    EXPECT_EQ(Duration::Micros(micros).millis_ceil(), millis) << micros;
  }
}

TEST(Duration, SaturatesInsteadOfWrapping) {
  const Duration one = Duration::Micros(1);
  EXPECT_EQ(Duration::Max() + one, Duration::Max());
  EXPECT_EQ(Duration::Min() - one, Duration::Min());
  EXPECT_EQ(Duration::Min() + -one, Duration::Min());
  EXPECT_EQ(-Duration::Min(), Duration::Max());
  EXPECT_EQ(Duration::Zero() - Duration::Min(), Duration::Max());
  EXPECT_EQ(Duration::Max() * 2, Duration::Max());
  EXPECT_EQ(Duration::Max() * -2, Duration::Min());
  EXPECT_EQ(Duration::Min() * -1, Duration::Max());
  EXPECT_EQ(Duration::Seconds(kMax), Duration::Max());
  EXPECT_EQ(Duration::Seconds(kMin), Duration::Min());
  EXPECT_EQ(Duration::Millis(kMax / 1000 + 1), Duration::Max());
}

TEST(TimePoint, NeverStaysNever) {
  EXPECT_TRUE((TimePoint::Never() + Duration::Seconds(1)).is_never());
  EXPECT_TRUE((TimePoint::FromMicros(1) + Duration::Max()).is_never());
  EXPECT_EQ(TimePoint::Never() - TimePoint::FromMicros(-1), Duration::Max());
  EXPECT_LT(TimePoint::FromMicros(kMax - 1), TimePoint::Never());
  EXPECT_FALSE(TimePoint().is_never());
}

TEST(TimePoint, DifferencesAndSums) {
  const TimePoint start = TimePoint::FromMicros(5);
  EXPECT_EQ((start + Duration::Micros(7)) - start, Duration::Micros(7));
  EXPECT_EQ(start - Duration::Micros(7), TimePoint::FromMicros(-2));
  TimePoint moved = start;
  moved += Duration::Millis(1);
  EXPECT_EQ(moved.micros(), 1005);
}

TEST(FormatDuration, PicksTheUnit) {
  const std::pair<int64_t, const char*> table[] = {
      {0, "0us"},
      {250, "250us"},
      {999, "999us"},
      {1000, "1ms"},
      {12'345, "12ms"},
      {999'999, "999ms"},
      {1'000'000, "1.000s"},
      {3'500'000, "3.500s"},
      {59'999'999, "59.999s"},
      {60'000'000, "1m00s"},
      {305'000'000, "5m05s"},
      {3'599'000'000, "59m59s"},
      {3'600'000'000, "1h00m"},
      {7'500'000'000, "2h05m"},
      {86'399'000'000, "23h59m"},
      {86'400'000'000, "1d"},
      {1'036'800'000'000, "12d"},
  };
  for (const auto& [micros, text] : table) {
    EXPECT_EQ(FormatDuration(Duration::Micros(micros)), text) << micros;
  }
}

TEST(ParseDuration, ReadsNumberAndUnit) {
  const std::pair<const char*, int64_t> table[] = {
      {"250ms", 250'000},
      {"1.5s", 1'500'000},
      {"2m", 120'000'000},
      {"1h", 3'600'000'000},
      {"1d", 86'400'000'000},
      {"7us", 7},
      {"0s", 0},
      {"0.000001s", 1},
      {"0.5us", 0},
      {"1.25h", 4'500'000'000},
      {"106751991d", int64_t{106'751'991} * 86'400'000'000},
  };
  for (const auto& [text, micros] : table) {
    Duration parsed = Duration::Micros(-1);
    EXPECT_TRUE(ParseDuration(text, &parsed)) << text;
    EXPECT_EQ(parsed.micros(), micros) << text;
  }
}

TEST(ParseDuration, RefusesAllElse) {
  const char* const table[] = {"",
                               "5",
                               "s",
                               "-1s",
                               "+1s",
                               " 1s",
                               "1s ",
                               "1 s",
                               "1.s",
                               ".5s",
                               "1..5s",
                               "1.5.5s",
                               "1e3s",
                               "1S",
                               "1min",
                               "1w",
                               "0.0000001s",
                               "106751992d",
                               "1s1s",
                               "0x1s",
                               "1,5s",
                               "inf",
                               "9999999999999999s"};
  for (const char* text : table) {
    Duration parsed = Duration::Micros(42);
    EXPECT_FALSE(ParseDuration(text, &parsed)) << text;
    EXPECT_EQ(parsed.micros(), 42) << text << " changed the result";
  }
}

}  // namespace
}  // namespace muster
