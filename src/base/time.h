#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

namespace muster {

// A signed span of time in whole microseconds. A plain 64-bit integer: cheap in hot structures,
// exact, and the same in every process, which a floating-point or library duration is not.
// Arithmetic saturates at Max() and Min(), so that "never" plus anything stays "never".
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration Micros(int64_t us) { return Duration(us); }
  static constexpr Duration Millis(int64_t ms) { return Duration(SaturatingMul(ms, 1000)); }
  static constexpr Duration Seconds(int64_t s) { return Duration(SaturatingMul(s, 1'000'000)); }
  static constexpr Duration Zero() { return Duration(0); }
  static constexpr Duration Max() { return Duration(std::numeric_limits<int64_t>::max()); }
  static constexpr Duration Min() { return Duration(std::numeric_limits<int64_t>::min()); }

  constexpr int64_t micros() const { return us_; }
  constexpr int64_t millis() const { return us_ / 1000; }
  // Rounded up: a timer armed with it never fires before the instant it stands for.
  constexpr int64_t millis_ceil() const { return us_ <= 0 ? us_ / 1000 : (us_ - 1) / 1000 + 1; }
  constexpr int64_t seconds() const { return us_ / 1'000'000; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) {
    return Duration(SaturatingAdd(a.us_, b.us_));
  }
  friend constexpr Duration operator-(Duration a, Duration b) {
    return Duration(SaturatingSub(a.us_, b.us_));
  }
  friend constexpr Duration operator-(Duration a) { return Duration(SaturatingSub(0, a.us_)); }
  friend constexpr Duration operator*(Duration a, int64_t k) {
    return Duration(SaturatingMul(a.us_, k));
  }
  friend constexpr Duration operator/(Duration a, int64_t k) { return Duration(a.us_ / k); }
  friend constexpr int64_t operator/(Duration a, Duration b) { return a.us_ / b.us_; }
  constexpr Duration& operator+=(Duration d) { return *this = *this + d; }
  constexpr Duration& operator-=(Duration d) { return *this = *this - d; }

  static constexpr int64_t SaturatingAdd(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
  static constexpr int64_t SaturatingSub(int64_t a, int64_t b) {
    int64_t difference = 0;
    if (!__builtin_sub_overflow(a, b, &difference)) return difference;
    return b < 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
  static constexpr int64_t SaturatingMul(int64_t a, int64_t b) {
    int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product)) return product;
    return (a > 0) == (b > 0) ? std::numeric_limits<int64_t>::max()
                              : std::numeric_limits<int64_t>::min();
  }

 private:
  explicit constexpr Duration(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// An instant on some monotonic clock, in microseconds from an origin that only the host knows.
// A host's clock starts above zero, so that a default-constructed TimePoint is never "now".
class TimePoint {
 public:
  constexpr TimePoint() = default;
  static constexpr TimePoint FromMicros(int64_t us) { return TimePoint(us); }
  // The deadline that never comes.
  static constexpr TimePoint Never() { return TimePoint(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t micros() const { return us_; }
  constexpr bool is_never() const { return us_ == std::numeric_limits<int64_t>::max(); }

  friend constexpr auto operator<=>(TimePoint, TimePoint) = default;
  friend constexpr TimePoint operator+(TimePoint t, Duration d) {
    return TimePoint(Duration::SaturatingAdd(t.us_, d.micros()));
  }
  friend constexpr TimePoint operator-(TimePoint t, Duration d) {
    return TimePoint(Duration::SaturatingSub(t.us_, d.micros()));
  }
  friend constexpr Duration operator-(TimePoint a, TimePoint b) {
    return Duration::Micros(Duration::SaturatingSub(a.us_, b.us_));
  }
  constexpr TimePoint& operator+=(Duration d) { return *this = *this + d; }

 private:
  explicit constexpr TimePoint(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// For people: "250us", "12ms", "3.500s", "5m00s", "2h05m", "12d".
std::string FormatDuration(Duration d);

// Reads "250ms", "1.5s", "2m", "1h", "1d"; a bare number is refused. False on anything else,
// on a negative value, and on overflow; `*out` is then untouched.
bool ParseDuration(const std::string& text, Duration* out);

}  // namespace muster
