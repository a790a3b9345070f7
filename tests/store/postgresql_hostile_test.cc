#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"
#include "src/base/time.h"
#include "src/store/postgresql_connection.h"
#include "src/store/postgresql_dialer.h"
#include "src/store/presence_factory.h"
#include "src/store/presence_record.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/session.h"
#include "tests/store/servers/impostor.h"

// Servers that speak PostgreSQL's protocol and mean us ill: each operation fails with a reason,
// soon, and with little memory; nothing else happens.

namespace muster::store {
namespace {

using absl::StatusCode;
using contract::MakeId;
using contract::MakeRecord;
using testing::Impostor;

constexpr Incarnation kTop = Incarnation::FromRaw(~uint64_t{0});
constexpr size_t kFlood = size_t{64} * 1024 * 1024;
static_assert(kFlood > 2 * PostgresqlConnection::kAnswerBytesMax);

// ---- The server's half of the protocol, version 3 ----

std::string Number(uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(value >> shift & 255));
  }
  return text;
}

std::string Message(char kind, const std::string& body) {
  return absl::StrCat(std::string(1, kind), Number(body.size() + 4, 4), body);
}

// The beginning of a message that is to be as long as one can be.
std::string Endless(char kind) { return absl::StrCat(std::string(1, kind), Number(0x3fffffff, 4)); }

std::string Ready() { return Message('Z', "I"); }
std::string Welcome() { return Message('R', Number(0, 4)) + Ready(); }
std::string AskPassword() { return Message('R', Number(3, 4)); }

std::string Columns(size_t count) {
  std::string body = Number(count, 2);
  for (size_t i = 0; i < count; ++i) {
    body += std::string("c\0", 2) + Number(0, 4) + Number(0, 2) + Number(17, 4) +
            Number(0xffff, 2) + Number(0xffffffff, 4) + Number(1, 2);
  }
  return Message('1', "") + Message('2', "") + Message('T', body);
}

std::string Row(const std::vector<std::string>& fields) {
  std::string body = Number(fields.size(), 2);
  for (const std::string& field : fields) body += Number(field.size(), 4) + field;
  return Message('D', body);
}

std::string End() { return Message('C', std::string("SELECT 1\0", 9)) + Ready(); }

std::string Error(const std::string& severity, const std::string& text) {
  const std::string zero(1, '\0');
  return Message('E', absl::StrCat("S", severity, zero, "V", severity, zero, "CXX000", zero, "M",
                                   text, zero, zero));
}

// `text` again and again, cut at `bytes`.
std::string Repeated(const std::string& text, size_t bytes) {
  std::string all = text;
  all.reserve(bytes);
  while (all.size() < bytes) all.append(all, 0, bytes - all.size());
  return all;
}

class PostgresqlHostile : public ::testing::Test {
 protected:
  PresenceStore* Open(const Impostor& impostor, const std::string& user = "muster") {
    const std::string url =
        absl::StrCat("postgresql://", user, "@127.0.0.1:", impostor.port(), "/x?sslmode=disable");
    return session_.Adopt(
        OpenPresenceStore(ParseDatastoreUrl(url).value(), nullptr, session_.Options()));
  }
  // A server that lets everybody in with `welcome` and answers all statements with `answer`.
  Impostor Host(std::string welcome, std::string answer) {
    return {session_.loop().get(),
            [welcome = std::move(welcome), answer = std::move(answer)](
                int, std::string_view bytes) -> std::string {
              if (bytes.empty()) return "";
              return bytes[0] == 'P' ? answer : bytes[0] == 'X' ? "" : welcome;
            }};
  }
  // How an upsert, a scan and an erase end; at once, all of them.
  std::vector<absl::Status> AllThree(PresenceStore* store) {
    const TimePoint begin = session_.loop().Now();
    std::vector<absl::Status> ends = {session_.Upsert(store, MakeRecord(1)).status(),
                                      session_.Scan(store).status(),
                                      session_.Erase(store, MakeId(1), kTop).status()};
    EXPECT_LT(session_.loop().Now() - begin, Duration::Seconds(6));
    return ends;
  }

  contract::Session session_;
};

TEST_F(PostgresqlHostile, TheImpostorIsTakenForAServer) {
  const Impostor impostor = Host(Welcome(), Columns(1) + Row({Number(7, 8)}) + End());
  EXPECT_EQ(session_.Upsert(Open(impostor), MakeRecord(1)).value(), 7u);
}

// libpq would keep all of it.
TEST_F(PostgresqlHostile, NoAnswerTakesMoreMemoryThanAnyOfOurs) {
  const std::pair<std::string, std::string> sayings[] = {
      {Columns(1), Row({std::string(4000, 'x')})},
      {Columns(1), Row({""})},
      {Columns(1) + Endless('D'), std::string(1, '\0')},
      {Endless('T'), std::string(1, '\0')},
      {Endless('E'), "S"},
      {Endless('N'), "S"},
      {Endless('A'), "S"},
      {"", Message('N', absl::StrCat("M", std::string(9000, 'x'), std::string(2, '\0')))},
  };
  for (const auto& [begin, again] : sayings) {
    const std::string flood = begin + Repeated(again, kFlood);
    const Impostor impostor = Host(Welcome(), flood);
    PresenceStore* store = Open(impostor);
    for (int connection = 1; connection <= 2; ++connection) {
      const absl::Status end = session_.Scan(store).status();
      EXPECT_EQ(end.code(), StatusCode::kFailedPrecondition) << flood[0] << ": " << end;
      EXPECT_TRUE(absl::StrContains(end.message(), "is that PostgreSQL?")) << end;
      EXPECT_EQ(impostor.connections(), connection) << "not worth keeping";
    }
  }
}

// In pieces: what comes in faster than the pool's thread reads it, no limit sees.
TEST_F(PostgresqlHostile, NorDoesAGreeting) {
  const std::string flood = Message('R', Number(0, 4)) + Endless('N') +
                            std::string(8 * PostgresqlDialer::kGreetingBytesMax, 'S');
  const Impostor impostor(
      session_.loop().get(),
      [&flood](int, std::string_view bytes) { return bytes.empty() ? std::string() : flood; },
      Duration::Millis(1), size_t{128} * 1024);
  for (const absl::Status& end : AllThree(Open(impostor))) {
    EXPECT_EQ(end.code(), StatusCode::kFailedPrecondition) << end;
    EXPECT_TRUE(absl::StrContains(end.message(), "is that PostgreSQL?")) << end;
  }
}

TEST_F(PostgresqlHostile, NorWhatComesUnasked) {
  const Impostor impostor = Host(Welcome(), absl::StrCat(Columns(1), Row({Number(7, 8)}), End(),
                                                         Endless('N'), std::string(kFlood, 'S')));
  EXPECT_EQ(session_.Upsert(Open(impostor), MakeRecord(1)).value(), 7u);
  EXPECT_TRUE(session_.loop().RunUntil([&] { return impostor.open() == 0; }, Duration::Seconds(3)))
      << "it goes on listening";
}

TEST_F(PostgresqlHostile, MoreRowsThanWereAskedFor) {
  const PresenceRecord record = MakeRecord(1);
  const std::string row =
      Row({std::string(1, '\0'), Number(record.id.hi, 8) + Number(record.id.lo, 8), Number(1000, 8),
           Number(1'000'000, 8), EncodePresence(record)});
  const auto scan_of = [&](size_t rows) {
    const Impostor impostor =
        Host(Welcome(), Columns(5) + Repeated(row, rows * row.size()) + End());
    return session_.Scan(Open(impostor));
  };
  const auto most = scan_of(4096);
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->rows.size(), 4096u);
  EXPECT_TRUE(most->is_cut);
  EXPECT_EQ(scan_of(4097).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(PostgresqlHostile, NoErrorRepeatsThePassword) {
  const std::string sayings[] = {
      "your password is hunter2, by the way hunter2",
      std::string(290, 'x') + "hunter2hunter2",
  };
  for (const std::string& words : sayings) {
    for (const char* severity : {"ERROR", "FATAL", "PANIC"}) {
      const std::string error = Error(severity, words);
      // Asks for the password and says it back: at the door, or after it.
      for (const bool lets_in : {false, true}) {
        const Impostor impostor(session_.loop().get(),
                                [&, lets_in](int, std::string_view bytes) -> std::string {
                                  if (bytes.empty() || bytes[0] == 'X') return "";
                                  if (bytes[0] == 'p') return lets_in ? Welcome() : error;
                                  return bytes[0] == 'P' ? error + Ready() : AskPassword();
                                });
        for (const char* user : {"muster:hunter2", "muster:hunter%32"}) {
          for (const absl::Status& end : AllThree(Open(impostor, user))) {
            EXPECT_FALSE(end.ok());
            EXPECT_FALSE(absl::StrContains(end.message(), "hunter2")) << end;
            EXPECT_TRUE(absl::StrContains(end.message(), words.substr(0, 10))) << end;
            EXPECT_LT(end.message().size(), 700u);
          }
        }
        // A password that the URL does not hold.
        ASSERT_EQ(setenv("PGPASSWORD", "hunter2", 1), 0);
        for (const absl::Status& end : AllThree(Open(impostor))) {
          EXPECT_FALSE(absl::StrContains(end.message(), "hunter2")) << end;
        }
        unsetenv("PGPASSWORD");
      }
    }
  }
}

}  // namespace
}  // namespace muster::store
