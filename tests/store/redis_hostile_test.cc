#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/rng.h"
#include "src/base/strings.h"
#include "src/store/redis_reader.h"
#include "src/store/redis_scripts.h"
#include "src/store/redis_store.h"
#include "src/store/redis_url.h"
#include "tests/store/contract/session.h"
#include "tests/store/servers/impostor.h"

// Servers that are no Redis, or one that means us ill: each operation fails with a reason, soon,
// and with little memory; nothing else happens.

namespace muster::store {
namespace {

using contract::MakeId;
using contract::MakeRecord;
using testing::Impostor;

constexpr Incarnation kTop = Incarnation::FromRaw(~uint64_t{0});

class RedisHostile : public ::testing::Test {
 protected:
  PresenceStore* Open(const Impostor& impostor, const std::string& password = "") {
    RedisUrl url;
    url.host = "127.0.0.1";
    url.port = impostor.port();
    url.password = password;
    return session_.Adopt(OpenRedisStore(url, nullptr, session_.Options()));
  }
  // A server that answers the same to whatever it is asked.
  Impostor Parrot(std::string words) {
    return {session_.loop().get(), [words = std::move(words)](int, std::string_view bytes) {
              return bytes.empty() ? std::string() : words;
            }};
  }
  // How an upsert, a scan and an erase end; at once, all of them.
  std::vector<absl::Status> AllThree(PresenceStore* store) {
    const TimePoint begin = session_.loop().Now();
    std::vector<absl::Status> ends = {session_.Upsert(store, MakeRecord(1)).status(),
                                      session_.Scan(store).status(),
                                      session_.Erase(store, MakeId(1), kTop).status()};
    EXPECT_LT(session_.loop().Now() - begin, Duration::Seconds(3));
    return ends;
  }

  contract::Session session_;
};

std::string Bulk(const std::string& text) {
  return absl::StrCat("$", text.size(), "\r\n", text, "\r\n");
}

TEST_F(RedisHostile, WhatIsNoRedisIsSaidToBeNone) {
  const std::string sayings[] = {
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
      "220 mail.example.com ESMTP\r\n",
      std::string("\x15\x03\x01\x00\x02\x02\x46", 7),
      "\r\n",
      "$-5\r\n",
      "*-7\r\n",
      "$99999999999999999999\r\n",
      "*99999999999999999999\r\n",
      ":12x\r\n",
      "$5\r\nhelloXX",
  };
  for (const std::string& words : sayings) {
    const Impostor impostor = Parrot(words);
    for (const absl::Status& end : AllThree(Open(impostor))) {
      EXPECT_EQ(end.code(), absl::StatusCode::kFailedPrecondition) << words << ": " << end;
    }
  }
}

TEST_F(RedisHostile, AnswersThatFitNoQuestion) {
  const std::string sayings[] = {
      "+OK\r\n",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      ":-1\r\n",
      Bulk("text"),
      "*1\r\n:1\r\n",
      "*2\r\n:1\r\n:1\r\n",
      "*2\r\n:1\r\n" + Bulk(std::string(31, '0')),
      "*2\r\n$-1\r\n$-1\r\n",
      "*2\r\n*0\r\n*0\r\n",
      "*2\r\n-ERR nested\r\n-ERR nested\r\n",
      "-NOSCRIPT No matching script. Please use EVAL.\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
  };
  for (const std::string& words : sayings) {
    const Impostor impostor = Parrot(words);
    for (const absl::Status& end : AllThree(Open(impostor))) {
      EXPECT_EQ(end.code(), absl::StatusCode::kFailedPrecondition) << words << ": " << end;
    }
  }
}

// Lengths that only announce, and floods that never end.
TEST_F(RedisHostile, NoAnswerTakesMoreMemoryThanAnyOfOurs) {
  const std::string flood(8 * 1024 * 1024, 'x');
  std::string many = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i) many += ":1\r\n";
  std::string nested;
  for (int i = 0; i < 6; ++i) nested += "*60000\r\n";
  const std::string sayings[] = {
      "*2147483647\r\n",
      "*1000000\r\n:1\r\n",
      nested,
      "*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n",
      "$2147483647\r\n" + flood,
      "+" + flood,
      "-" + flood,
      many,
      Bulk(flood),
  };
  for (const std::string& words : sayings) {
    const Impostor impostor = Parrot(words);
    const absl::StatusOr<size_t> live = session_.Upsert(Open(impostor), MakeRecord(1));
    EXPECT_EQ(live.status().code(), absl::StatusCode::kFailedPrecondition)
        << words.substr(0, 20) << ": " << live.status();
  }
}

// hiredis's asynchronous context aborts here.
TEST_F(RedisHostile, AnswersNobodyAskedFor) {
  const std::string sayings[] = {":1\r\n+OK\r\n", ":1\r\n:2\r\n:3\r\n", ":1\r\n*3\r\n",
                                 ":1\r\ngarbage\r\n", ":1\r\n-ERR bye\r\n"};
  for (const std::string& words : sayings) {
    const Impostor impostor = Parrot(words);
    PresenceStore* store = Open(impostor);
    // The first answer is one; whatever follows it is never taken for the next.
    EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 1u) << words;
    EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 1u) << words;
  }
  // Before any question was asked.
  const Impostor eager(session_.loop().get(), [](int, std::string_view bytes) {
    return std::string(bytes.empty() ? "+hello\r\n" : ":1\r\n");
  });
  PresenceStore* store = Open(eager);
  const absl::Status end = session_.Upsert(store, MakeRecord(1)).status();
  EXPECT_EQ(end.code(), absl::StatusCode::kFailedPrecondition) << end;
  // While nothing goes on.
  Impostor* late = nullptr;
  auto chatty = std::make_unique<Impostor>(
      session_.loop().get(),
      [](int, std::string_view bytes) { return std::string(bytes.empty() ? "" : ":1\r\n:7"); },
      Duration::Millis(5));
  late = chatty.get();
  PresenceStore* patient = Open(*late);
  EXPECT_EQ(session_.Upsert(patient, MakeRecord(1)).value(), 1u);
  EXPECT_EQ(session_.Upsert(patient, MakeRecord(1)).value(), 1u);
}

TEST_F(RedisHostile, AConnectionThatIsClosedAgainAndAgain) {
  int asked = 0;
  auto impostor =
      std::make_unique<Impostor>(session_.loop().get(), [&](int, std::string_view bytes) {
        asked += !bytes.empty();
        return std::string(bytes.empty() ? "" : "-ERR no\r\n");
      });
  PresenceStore* store = Open(*impostor);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(session_.Upsert(store, MakeRecord(1)).ok());
  EXPECT_EQ(asked, 5) << "an error is not asked for again";
  session_.loop().RunFor(Duration::Millis(20));
  EXPECT_EQ(impostor->open(), 0u);
  EXPECT_EQ(impostor->connections(), 5);
}

TEST_F(RedisHostile, AKeptConnectionThatNoLongerLetsUsInIsMadeAnew) {
  const Impostor impostor(session_.loop().get(), [](int connection, std::string_view bytes) {
    if (bytes.empty()) return std::string();
    if (absl::StrContains(absl::string_view(bytes.data(), bytes.size()), "AUTH")) {
      return std::string("+OK\r\n");
    }
    static int said = 0;
    return std::string(connection == 1 && ++said > 1 ? "-NOAUTH Authentication required.\r\n"
                                                     : ":1\r\n");
  });
  PresenceStore* store = Open(impostor, "hunter2");
  EXPECT_TRUE(session_.Upsert(store, MakeRecord(1)).ok());
  EXPECT_TRUE(session_.Upsert(store, MakeRecord(1)).ok());
  EXPECT_EQ(impostor.connections(), 2);
}

TEST_F(RedisHostile, NoErrorRepeatsThePassword) {
  const std::string sayings[] = {
      "-ERR unknown command 'AUTH', with args beginning with: 'hunter2' \r\n",
      "-WRONGPASS hunter2 is wrong\r\n",
      "-hunter2\r\n",
      "+OK\r\n-ERR your password is hunter2, by the way hunter2\r\n",
      "-" + std::string(190, 'x') + "hunter2hunter2\r\n",
  };
  for (const std::string& words : sayings) {
    const Impostor both = Parrot(words);
    // Lets us in, and then says it.
    const Impostor after(session_.loop().get(), [&words](int, std::string_view bytes) {
      if (bytes.empty()) return std::string();
      const bool auth = absl::StrContains(absl::string_view(bytes.data(), bytes.size()), "AUTH");
      return auth ? std::string("+OK\r\n") : words;
    });
    for (const Impostor* impostor : {&both, &after}) {
      for (const absl::Status& end : AllThree(Open(*impostor, "hunter2"))) {
        EXPECT_FALSE(end.ok());
        EXPECT_FALSE(absl::StrContains(end.message(), "hunter2")) << end;
        EXPECT_LT(end.message().size(), 400u);
      }
    }
  }
}

TEST_F(RedisHostile, ErrorsDriveNoTerminal) {
  const Impostor impostor = Parrot("-ERR \x1b[2J\x07\x80\xff bell\r\n");
  const absl::Status end = session_.Upsert(Open(impostor), MakeRecord(1)).status();
  for (const char c : end.message()) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
}

// A walk through the keys that a server says never ends.
TEST_F(RedisHostile, AnEndlessWalkEnds) {
  int walked = 0;
  const Impostor impostor(session_.loop().get(), [&](int, std::string_view bytes) {
    const absl::string_view text(bytes.data(), bytes.size());
    if (bytes.empty()) return std::string();
    if (!absl::StrContains(text, "SCAN")) {
      return std::string(absl::StrContains(text, ToAbsl(kRedisLook.sha1)) ? "*2\r\n:0\r\n$0\r\n\r\n"
                                                                          : "*0\r\n");
    }
    ++walked;
    return absl::StrCat("*2\r\n", Bulk("7"), "*1\r\n", Bulk("muster:presence:{other}:junk"));
  });
  const auto scan = session_.Scan(Open(impostor));
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_TRUE(scan->rows.empty());
  EXPECT_EQ(walked, 64);
}

// Rows that a script of ours would return, but for what is in them.
TEST_F(RedisHostile, RowsThatLie) {
  const std::string id = MakeId(1).ToHex();
  const std::string record = EncodePresence(MakeRecord(1));
  const auto row = [&](const std::string& bytes, const std::string& ttl, const std::string& left) {
    return absl::StrCat("*1\r\n*3\r\n", Bulk(bytes), Bulk(ttl), left);
  };
  const std::pair<std::string, std::string> answers[] = {
      {row(record, "3600000", ":1000\r\n"), "1/0"},
      {row(record, "3600000", ":9223372036854775807\r\n"), "1/0"},
      {row(record, "9223372036854775807", ":1\r\n"), "1/0"},
      {row(record, "3600000", ":0\r\n"), "0/0"},
      {row(record, "3600000", ":-1\r\n"), "0/1"},
      {row(record, "-1", ":1000\r\n"), "0/1"},
      {row(record, "", ":1000\r\n"), "0/1"},
      {row(record + "x", "3600000", ":1000\r\n"), "0/1"},
      {row("", "3600000", ":1000\r\n"), "0/1"},
      {row(EncodePresence(MakeRecord(2)), "3600000", ":1000\r\n"), "0/1"},
      {row(EncodePresence(MakeRecord(1, "other")), "3600000", ":1000\r\n"), "0/1"},
      {"*1\r\n:0\r\n", "0/0"},
      {"*1\r\n:1\r\n", "0/1"},
      {"*1\r\n$-1\r\n", "0/1"},
      {"*1\r\n*0\r\n", "0/1"},
  };
  for (const auto& [words, seen] : answers) {
    const std::string& answer = words;
    const Impostor impostor(session_.loop().get(), [&](int, std::string_view bytes) {
      if (bytes.empty()) return std::string();
      const bool look = absl::StrContains(ToAbsl(bytes), ToAbsl(kRedisLook.sha1));
      return look ? absl::StrCat("*2\r\n:1\r\n", Bulk(id)) : answer;
    });
    const auto scan = session_.Scan(Open(impostor));
    ASSERT_TRUE(scan.ok()) << answer << scan.status();
    EXPECT_EQ(absl::StrCat(scan->rows.size(), "/", scan->damaged), seen) << answer;
    for (const PresenceRow& each : scan->rows) {
      EXPECT_GE(each.age, Duration::Zero());
      EXPECT_GT(each.expires_in, Duration::Zero());
    }
  }
}

// Bytes at random, and good answers with a few bytes changed, in pieces of any size.
TEST(RedisReaderTest, AnyBytesAtAll) {
  const std::string sound = absl::StrCat("*3\r\n", Bulk("hello"), ":12\r\n*2\r\n$-1\r\n", Bulk(""));
  size_t replies = 0;
  for (uint64_t seed = 1; seed <= 5'000; ++seed) {
    Rng rng(seed);
    std::string bytes;
    while (bytes.size() < 200) {
      if (rng.Chance(1, 3)) {
        const char letters[] = "*$:+-0123456789\r\n";
        for (uint64_t i = rng.Below(20); i > 0; --i) bytes += letters[rng.Below(17)];
      } else {
        bytes += sound;
      }
    }
    for (uint64_t i = rng.Below(4); i > 0; --i) {
      bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    }
    RedisReader reader;
    bool fails = false;
    for (size_t from = 0; from < bytes.size() && !fails;) {
      const size_t size = 1 + rng.Below(40);
      fails = !reader.Feed(std::string_view(bytes).substr(from, size)).ok();
      from += size;
      while (!fails) {
        const absl::StatusOr<RedisReply> reply = reader.Next();
        fails = !reply.ok();
        if (fails || *reply == nullptr) break;
        ++replies;
      }
    }
  }
  EXPECT_GT(replies, 5'000u) << "hardly anything was ever parsed";
}

TEST(RedisReaderTest, RepliesUpToTheLimit) {
  RedisReader reader;
  const std::string largest(RedisReader::kReplyBytesMax - 100, 'x');
  const std::string bytes = Bulk(largest);
  for (int i = 0; i < 3; ++i) {
    for (size_t from = 0; from < bytes.size(); from += 8'192) {
      ASSERT_TRUE(reader.Feed(std::string_view(bytes).substr(from, 8'192)).ok());
    }
    const absl::StatusOr<RedisReply> reply = reader.Next();
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_NE(*reply, nullptr);
    EXPECT_EQ(TextOf(**reply), largest);
  }
}

}  // namespace
}  // namespace muster::store
