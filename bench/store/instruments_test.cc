// The instruments of the store benchmark: a wrong one would make every figure wrong.

#include "bench/store/instruments.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace muster::bench {
namespace {

TEST(ParseCounters, TakesPacketsOfSynsAndBytesOfTheRest) {
  const auto use = ParseCounters(R"({"nftables": [{"metainfo": {"version": "1.0.6"}},
      {"counter": {"family": "inet", "name": "connections", "packets": 3, "bytes": 180}},
      {"counter": {"family": "inet", "name": "to", "packets": 20, "bytes": 4000}},
      {"counter": {"family": "inet", "name": "from", "packets": 18, "bytes": 5000}}]})");
  ASSERT_TRUE(use.ok()) << use.status();
  EXPECT_EQ(use->connections, 3u);
  EXPECT_EQ(use->bytes_to, 4000u);
  EXPECT_EQ(use->bytes_from, 5000u);
}

TEST(ParseCounters, RefusesWhatIsNotAllThere) {
  EXPECT_FALSE(ParseCounters("").ok());
  EXPECT_FALSE(ParseCounters(R"({"nftables": []})").ok());
  EXPECT_FALSE(ParseCounters(R"({"nftables": [{"counter": {"name": "to"}}]})").ok());
}

TEST(CountRedisCommands, LeavesOutWhatScriptsCallAndInfo) {
  EXPECT_EQ(CountRedisCommands("# Commandstats\r\n"
                               "cmdstat_hset:calls=70,usec=1,usec_per_call=0.1\r\n"
                               "cmdstat_evalsha:calls=21,usec=175,usec_per_call=8.33\r\n"
                               "cmdstat_eval:calls=2,usec=175,usec_per_call=8.33\r\n"
                               "cmdstat_info:calls=9,usec=175,usec_per_call=8.33\r\n"
                               "cmdstat_select:calls=4,usec=5,usec_per_call=1.00\r\n"),
            27u);
  EXPECT_EQ(CountRedisCommands(""), 0u);
}

TEST(CountStatements, CountsThoseOfOneRole) {
  constexpr char kLog[] =
      "muster LOG:  execute <unnamed>: WITH written AS (\n"
      "\tINSERT INTO muster_presence\n"
      "muster DETAIL:  parameters: $1 = 'muster LOG:  execute <unnamed>: '\n"
      "postgres LOG:  statement: SELECT 1\n"
      "muster LOG:  statement: SELECT 1\n"
      "muster ERROR:  relation \"muster_presence\" does not exist at character 9\n";
  EXPECT_EQ(CountStatements(kLog, "muster"), 2u);
  EXPECT_EQ(CountStatements(kLog, "postgres"), 1u);
  EXPECT_EQ(CountStatements("", "muster"), 0u);
}

TEST(FileUse, ReadsTheThreeNumbers) {
  const FileUse use = ParseFileUse(
      "rchar: 3980\nwchar: 77\nsyscr: 9\nsyscw: 5\nread_bytes: 0\nwrite_bytes: 4096\n"
      "cancelled_write_bytes: 0\n");
  EXPECT_EQ(use.bytes_read, 3980u);
  EXPECT_EQ(use.bytes_written, 77u);
  EXPECT_EQ(use.write_calls, 5u);
}

TEST(FileUse, SeesWhatThisProcessWrites) {
  char path[] = "/tmp/muster-io-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  const std::string block(10'000, 'x');
  const FileUse before = ReadFileUse();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(write(fd, block.data(), block.size()), 10'000);
  const FileUse after = ReadFileUse();
  // A little more where a sanitizer probes memory by writing it to a pipe.
  EXPECT_GE(after.bytes_written - before.bytes_written, 30'000u);
  EXPECT_LT(after.bytes_written - before.bytes_written, 30'500u);
  EXPECT_GE(after.write_calls - before.write_calls, 3u);
  EXPECT_LT(after.write_calls - before.write_calls, 10u);
  close(fd);
  unlink(path);
}

}  // namespace
}  // namespace muster::bench
