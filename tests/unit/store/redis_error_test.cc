#include "src/store/redis_error.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::store {
namespace {

struct Case {
  const char* reply;
  absl::StatusCode code;
};

// As servers of versions 5 to 7 word them.
TEST(RedisErrorTest, CodesOfWhatServersAnswer) {
  const Case cases[] = {
      {"NOAUTH Authentication required.", absl::StatusCode::kUnauthenticated},
      {"WRONGPASS invalid username-password pair or user is disabled.",
       absl::StatusCode::kUnauthenticated},
      {"NOPERM this user has no permissions to run the 'eval' command",
       absl::StatusCode::kPermissionDenied},
      {"ERR ACL failure in script: User muster has no permissions to run the 'hset' command "
       "script: "
       "0a1b, on @user_script:9.",
       absl::StatusCode::kPermissionDenied},
      {"ERR Error running script (call to f_0a1b): @user_script:9: The user executing the script "
       "can't run this command or subcommand",
       absl::StatusCode::kPermissionDenied},
      {"DENIED Redis is running in protected mode because protected mode is enabled",
       absl::StatusCode::kPermissionDenied},
      {"OOM command not allowed when used memory > 'maxmemory'.",
       absl::StatusCode::kResourceExhausted},
      {"ERR Error running script (call to f_0a1b): @user_script:9: @user_script: 9: -OOM command "
       "not "
       "allowed when used memory > 'maxmemory'.",
       absl::StatusCode::kResourceExhausted},
      {"READONLY You can't write against a read only replica. script: 0a1b, on @user_script:9.",
       absl::StatusCode::kFailedPrecondition},
      {"ERR Error running script (call to f_0a1b): @user_script:9: @user_script: 9: -READONLY You "
       "can't write against a read only replica.",
       absl::StatusCode::kFailedPrecondition},
      {"MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk.",
       absl::StatusCode::kFailedPrecondition},
      {"MOVED 3999 127.0.0.1:6381", absl::StatusCode::kFailedPrecondition},
      {"NOSCRIPT No matching script. Please use EVAL.", absl::StatusCode::kNotFound},
      {"LOADING Redis is loading the dataset in memory", absl::StatusCode::kUnavailable},
      {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
       absl::StatusCode::kUnavailable},
      {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
       absl::StatusCode::kUnavailable},
      {"CLUSTERDOWN The cluster is down", absl::StatusCode::kUnavailable},
      {"ERR max number of clients reached", absl::StatusCode::kUnavailable},
      {"ERR DB index is out of range", absl::StatusCode::kFailedPrecondition},
      {"ERR unknown command 'EVAL', with args beginning with: ",
       absl::StatusCode::kFailedPrecondition},
      {"", absl::StatusCode::kFailedPrecondition},
  };
  for (const Case& each : cases) {
    const absl::Status status = RedisError(each.reply, "");
    EXPECT_EQ(status.code(), each.code) << each.reply;
    EXPECT_NE(status.message().find(std::string(each.reply).substr(0, 190)), std::string::npos);
  }
}

TEST(RedisErrorTest, AnAuthThatFailsShowsNoneOfTheServersWords) {
  for (const char* reply : {"WRONGPASS x", "ERR unknown command 'AUTH' x", "ERR invalid password x",
                            "ERR wrong number of arguments for 'auth' command x", "x"}) {
    const absl::Status status = RedisAuthError(reply);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << reply;
    EXPECT_EQ(status.message().find('x'), std::string::npos) << status;
  }
  EXPECT_EQ(RedisAuthError("LOADING Redis is loading").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RedisAuthError("ERR max number of clients reached").code(),
            absl::StatusCode::kUnavailable);
}

TEST(RedisErrorTest, TextsAreShortPrintableAndWithoutTheSecret) {
  const std::string secret = "s3cret\n";
  const absl::Status status =
      RedisError("ERR \x01\x1b[31m " + secret + std::string(500, 'y') + secret, secret);
  EXPECT_EQ(status.message().find("s3cret"), std::string::npos) << status;
  EXPECT_NE(status.message().find("***"), std::string::npos) << status;
  EXPECT_LT(status.message().size(), 250u);
  for (const char c : status.message()) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace muster::store
