#include "src/store/presence_factory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/time.h"
#include "src/store/back_end.h"
#include "src/store/memory_store.h"
#include "src/store/presence_store.h"
#include "src/store/url_text.h"
#include "tests/unit/store/samples.h"
#include "tests/unit/store/test_loop.h"

namespace muster::store {
namespace {

// A new kind of store, whole: a table of which a URL's word is the secret. Asks for its URL anew at
// the opening; what is wrong with that is how its operations fail.
const BackEnd kParrot = {
    .kind = "parrot",
    .form = "parrot:WORD",
    .may_hold_blanks = true,
    .claims = [](std::string_view text) { return text.starts_with("parrot:"); },
    .parse = [](std::string_view text,
                const PathResolver& /*resolve*/) -> absl::StatusOr<DatastoreUrl> {
      if (text == "parrot:") return InvalidUrl("says nothing", "write parrot:WORD");
      return DatastoreUrl{.kind = "parrot", .text = std::string(text), .shown = "parrot:***"};
    },
    .open =
        [](const DatastoreUrl& /*url*/, UrlSource fresh, PresenceOptions options) {
          auto table = std::make_shared<MemoryTable>();
          if (fresh) table->FailWith(fresh().status());
          return OpenMemoryStore(std::move(options), std::move(table));
        },
};
constexpr const BackEnd* kWithParrot[] = {&kNoBackEnd, &kParrot};

// How an upsert ends in a store at `url` that asks `fresh`.
absl::Status UpsertAt(const DatastoreUrl& url, UrlSource fresh) {
  testing::TestLoop loop;
  PresenceOptions options;
  options.loop = loop.get();
  options.cluster = "prod";
  options.wall_us = [] { return int64_t{1'700'000'000'000'000}; };
  options.monotonic = [] { return TimePoint::FromMicros(1'000'000); };
  const std::unique_ptr<PresenceStore> store =
      OpenPresenceStore(url, std::move(fresh), std::move(options), kWithParrot);
  std::optional<absl::Status> ended;
  store->Upsert(testing::SampleRecord(1), Duration::Seconds(60),
                [&](const absl::StatusOr<size_t>& live) { ended = live.status(); });
  EXPECT_TRUE(loop.RunUntil([&] { return ended.has_value(); }));
  bool closed = false;
  store->Close([&] { closed = true; });
  EXPECT_TRUE(loop.RunUntil([&] { return closed; }));
  return ended.value_or(absl::UnknownError("did not end"));
}

TEST(PresenceFactory, ANewBackEndIsOneLineOfTheTable) {
  const auto url = ParseDatastoreUrl("parrot:a secret", nullptr, kWithParrot);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->kind, "parrot");
  EXPECT_EQ(url->text, "parrot:a secret");
  EXPECT_EQ(url->shown, "parrot:***");
  EXPECT_TRUE(UpsertAt(*url, nullptr).ok());
  const auto error = [](std::string_view text) {
    return std::string(ParseDatastoreUrl(text, nullptr, kWithParrot).status().message());
  };
  EXPECT_EQ(error("parrot:"), "the datastore URL says nothing; write parrot:WORD");
  EXPECT_EQ(error("sqlite:p.db"),
            "the datastore URL names no kind of store that is known here; write none or "
            "parrot:WORD");
  EXPECT_EQ(error("parrot:a\tb"),
            "the datastore URL holds a blank or a control character; write %20 for a blank");
}

TEST(PresenceFactory, AUrlThatIsReadAnewMustBeOfTheSameKind) {
  const DatastoreUrl url = ParseDatastoreUrl("parrot:a", nullptr, kWithParrot).value();
  EXPECT_TRUE(UpsertAt(url, [url] { return url; }).ok());
  const absl::Status other = UpsertAt(url, [] { return DatastoreUrl(); });
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(other.message(), "the datastore's URL is not a parrot one any more; restart the agent");
  EXPECT_EQ(UpsertAt(url, [] { return absl::NotFoundError("no such file"); }).code(),
            absl::StatusCode::kNotFound);
}

// Two that claimed the same URL, or had one name, would hide each other.
TEST(PresenceFactory, BackEndsAreToldApart) {
  std::set<std::string_view> kinds;
  for (const BackEnd* back_end : AllBackEnds()) {
    EXPECT_TRUE(kinds.insert(back_end->kind).second) << back_end->kind;
  }
  EXPECT_EQ(kinds, (std::set<std::string_view>{"none", "postgresql", "redis", "sqlite"}));
  for (const char* text : {"none", "sqlite:p.db", "redis://host", "postgresql://", "postgres://"}) {
    size_t claims = 0;
    for (const BackEnd* back_end : AllBackEnds()) claims += back_end->claims(text) ? 1 : 0;
    EXPECT_EQ(claims, 1u) << text;
  }
}

}  // namespace
}  // namespace muster::store
