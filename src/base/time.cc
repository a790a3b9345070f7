#include "src/base/time.h"

#include <cstdio>

namespace muster {
namespace {

struct Unit {
  const char* suffix;
  int64_t micros;
};

constexpr Unit kUnits[] = {{"us", 1},         {"ms", 1000},         {"s", 1'000'000},
                           {"m", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000}};

int64_t UnitMicros(const std::string& suffix) {
  for (const Unit& unit : kUnits) {
    if (suffix == unit.suffix) return unit.micros;
  }
  return 0;
}

}  // namespace

std::string FormatDuration(Duration d) {
  char text[64];
  const int64_t us = d.micros();
  const int64_t s = us / 1'000'000;
  if (us < 1000) {
    std::snprintf(text, sizeof text, "%lldus", static_cast<long long>(us));
  } else if (us < 1'000'000) {
    std::snprintf(text, sizeof text, "%lldms", static_cast<long long>(us / 1000));
  } else if (s < 60) {
    std::snprintf(text, sizeof text, "%lld.%03llds", static_cast<long long>(s),
                  static_cast<long long>(us % 1'000'000 / 1000));
  } else if (s < 3600) {
    std::snprintf(text, sizeof text, "%lldm%02llds", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
  } else if (s < 86'400) {
    std::snprintf(text, sizeof text, "%lldh%02lldm", static_cast<long long>(s / 3600),
                  static_cast<long long>(s % 3600 / 60));
  } else {
    std::snprintf(text, sizeof text, "%lldd", static_cast<long long>(s / 86'400));
  }
  return text;
}

bool ParseDuration(const std::string& text, Duration* out) {
  // Digits, an optional fraction of at most six digits, then a unit.
  size_t i = 0;
  int64_t whole = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
    if (i >= 15) return false;
    whole = whole * 10 + (text[i++] - '0');
  }
  if (i == 0) return false;
  int64_t fraction = 0;
  int64_t scale = 1;
  if (i < text.size() && text[i] == '.') {
    const size_t first = ++i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      if (i - first >= 6) return false;
      fraction = fraction * 10 + (text[i++] - '0');
      scale *= 10;
    }
    if (i == first) return false;
  }
  const int64_t unit = UnitMicros(text.substr(i));
  if (unit == 0) return false;
  int64_t us = 0;
  if (__builtin_mul_overflow(whole, unit, &us)) return false;
  // fraction < 10^6 and unit <= 8.64e10, so the product stays within 63 bits.
  if (__builtin_add_overflow(us, fraction * unit / scale, &us)) return false;
  *out = Duration::Micros(us);
  return true;
}

}  // namespace muster
