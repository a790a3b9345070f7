#pragma once

namespace muster::baselines {

// What the papers print; the gate compares with it. Counts are per run: the tables' totals over
// 4,320 runs a configuration (9 C x 6 D x 8 I x 10 repeats).
struct PublishedInterval {
  const char* name;
  double false_positives;          // Lifeguard, table IV
  double false_positives_healthy;  // table IV, "FP-"
  double false_positives_quick;    // figure 2, mean of C = 4, 16, 28; 0: not printed
  double thousand_packets;         // table VI
  double megabytes;                // table VI
};
inline constexpr PublishedInterval kPublishedInterval[] = {
    {"SWIM", 339'002 / 4320.0, 1'326 / 4320.0, 118'000 / 1440.0, 435'330 / 4320.0,
     149.15 * 1073.741824 / 4320},
    {"LHA-Probe", 229'574 / 4320.0, 436 / 4320.0, 0, 428'620 / 4320.0, 134.28 * 1073.741824 / 4320},
    {"LHA-Suspicion", 10'174 / 4320.0, 89 / 4320.0, 0, 484'550 / 4320.0,
     158.87 * 1073.741824 / 4320},
    {"Buddy", 318'935 / 4320.0, 591 / 4320.0, 0, 435'620 / 4320.0, 147.67 * 1073.741824 / 4320},
    {"Lifeguard", 5'193 / 4320.0, 25 / 4320.0, 2'010 / 1440.0, 481'420 / 4320.0,
     146.13 * 1073.741824 / 4320},
};

struct PublishedThreshold {
  const char* name;
  double first[3];  // table V: seconds to the first detection, p50, p99, p99.9
  double full[3];   // table V: until every healthy member knows
};
inline constexpr PublishedThreshold kPublishedThreshold[] = {
    {"SWIM", {12.44, 16.96, 19.40}, {12.90, 16.93, 20.17}},
    {"LHA-Probe", {12.42, 17.75, 20.10}, {12.90, 17.98, 20.56}},
    {"LHA-Suspicion", {12.42, 17.47, 25.41}, {12.89, 17.33, 23.80}},
    {"Buddy", {12.45, 17.12, 19.16}, {12.92, 17.18, 19.81}},
    {"Lifeguard", {12.45, 17.90, 21.20}, {12.91, 18.05, 21.68}},
};

// SWIM, section 5 and figures 3a to 3c; infection read off the figure.
inline constexpr double kSwimMessagesPerPeriod = 2.0;
inline constexpr double kSwimDetectionPeriods = 1.58;  // 1 / (1 - 1/e), the line in figure 3a
inline constexpr double kSwimInfectionPeriods56 = 2.3;

}  // namespace muster::baselines
