#include "src/wire/attributes.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "src/wire/codec.h"
#include "src/wire/limits.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::SampleAttributes;

TEST(Name, LettersDigitsDashDotUnderscore) {
  for (const char* good : {"a", "Z", "0", "-", ".", "_", "web-1.eu_west", "A.b-C_9"}) {
    EXPECT_TRUE(IsValidName(good)) << good;
  }
  for (const char* bad : {"", " ", "a b", "a/b", "a~1", "a:b", "\xc3\xa4", "a\n", "a\x7f", "*"}) {
    EXPECT_FALSE(IsValidName(bad)) << bad;
  }
  EXPECT_FALSE(IsValidName(std::string_view("a\0b", 3)));
  EXPECT_TRUE(IsValidName(std::string(limits::kNameBytesMax, 'a')));
  EXPECT_FALSE(IsValidName(std::string(limits::kNameBytesMax + 1, 'a')));
}

TEST(Name, EveryByteIsJudged) {
  int good = 0;
  for (int byte = 0; byte < 256; ++byte) {
    good += IsValidName(std::string(1, static_cast<char>(byte))) ? 1 : 0;
  }
  EXPECT_EQ(good, 26 + 26 + 10 + 3);
}

TEST(Cluster, PrintableAscii) {
  EXPECT_TRUE(IsValidCluster("default"));
  EXPECT_TRUE(IsValidCluster("prod / eu west ~"));
  EXPECT_FALSE(IsValidCluster(""));
  EXPECT_FALSE(IsValidCluster("a\x1b"));
  EXPECT_FALSE(IsValidCluster("\xc3\xa4"));
  EXPECT_TRUE(IsValidCluster(std::string(limits::kClusterBytesMax, 'c')));
  EXPECT_FALSE(IsValidCluster(std::string(limits::kClusterBytesMax + 1, 'c')));
}

struct FaultCase {
  AttributesFault expected;
  std::function<void(Attributes*)> change;
  const char* text;
};

TEST(CheckAttributes, NamesTheBrokenRule) {
  const FaultCase table[] = {
      {AttributesFault::kNone, [](auto*) {}, ""},
      {AttributesFault::kNameLength, [](auto* a) { a->name.clear(); }, "0 bytes"},
      {AttributesFault::kNameLength, [](auto* a) { a->name.assign(129, 'a'); }, "129 bytes"},
      {AttributesFault::kNameText, [](auto* a) { a->name = "web 1"; }, "'web 1'"},
      {AttributesFault::kAddress, [](auto* a) { a->address = Address(); }, "[::]:0"},
      {AttributesFault::kAddress, [](auto* a) { a->address = Address::V4(0, 1); }, "0.0.0.0:1"},
      {AttributesFault::kAddress, [](auto* a) { a->address = Address::V4(0x0a000001, 0); },
       "10.0.0.1:0"},
      {AttributesFault::kAddress, [](auto* a) { a->address = Address::V4(0xe0000001, 1); },
       "224.0.0.1:1"},
      {AttributesFault::kAddress, [](auto* a) { a->address = Address::V4(0xffffffff, 1); },
       "255.255.255.255:1"},
      {AttributesFault::kTagCount, [](auto* a) { a->tags.resize(33); }, "33 tags"},
      {AttributesFault::kTagBytes,
       [](auto* a) {
         a->tags = {{"k", std::string(512, 'v')}};
       },
       "512 bytes"},
      {AttributesFault::kTagKey,
       [](auto* a) {
         a->tags = {{"", "v"}};
       },
       "key"},
      {AttributesFault::kTagKey,
       [](auto* a) {
         a->tags = {{"a=b", "v"}};
       },
       "key"},
      {AttributesFault::kTagOrder,
       [](auto* a) {
         a->tags = {{"b", ""}, {"a", ""}};
       },
       "order"},
      {AttributesFault::kTagOrder,
       [](auto* a) {
         a->tags = {{"a", ""}, {"a", ""}};
       },
       "twice"},
      {AttributesFault::kTagValue,
       [](auto* a) {
         a->tags = {{"a", "\n"}};
       },
       "control"},
      {AttributesFault::kTagValue,
       [](auto* a) {
         a->tags = {{"a", "\x7f"}};
       },
       "control"},
      {AttributesFault::kNone,
       [](auto* a) {
         a->tags = {{"a/b", "caf\xc3\xa9 = x"}};
       },
       ""},
      {AttributesFault::kNone, [](auto* a) { a->tags.clear(); }, ""},
      {AttributesFault::kAgentLength, [](auto* a) { a->agent.assign(33, '1'); }, "32 bytes"},
      {AttributesFault::kAgentText, [](auto* a) { a->agent = "1\t2"; }, "ASCII"},
      {AttributesFault::kNone, [](auto* a) { a->agent.clear(); }, ""},
  };
  for (const FaultCase& entry : table) {
    Attributes attributes = SampleAttributes();
    entry.change(&attributes);
    EXPECT_EQ(FindFault(attributes), entry.expected) << entry.text;
    const std::string text = CheckAttributes(attributes);
    EXPECT_EQ(text.empty(), entry.expected == AttributesFault::kNone) << text;
    EXPECT_NE(text.find(entry.text), std::string::npos) << text << " lacks " << entry.text;
  }
}

// Compared between hosts of different releases: may never change.
TEST(AttributesHash, IsStable) {
  EXPECT_EQ(AttributesHash(SampleAttributes()), 2638782263u);
  EXPECT_EQ(AttributesHash(Attributes()), 1201809178u);
}

TEST(AttributesHash, EveryFieldCounts) {
  const uint32_t base = AttributesHash(SampleAttributes());
  EXPECT_EQ(AttributesHash(SampleAttributes()), base);
  const std::function<void(Attributes*)> changes[] = {
      [](auto* a) { a->name += "x"; },
      [](auto* a) { a->address = a->address.WithPort(1); },
      [](auto* a) { a->address = Address::V4(1, a->address.port()); },
      [](auto* a) { a->boot += 1; },
      [](auto* a) { a->tolerance_ms += 1; },
      [](auto* a) { a->agent += "x"; },
      [](auto* a) { a->tags.pop_back(); },
      [](auto* a) { a->tags[0].first += "x"; },
      [](auto* a) { a->tags[0].second += "x"; },
      // The same bytes, cut at another place.
      [](auto* a) {
        a->tags[0] = {"rolew", "eb"};
      },
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    Attributes changed = SampleAttributes();
    changes[i](&changed);
    EXPECT_NE(AttributesHash(changed), base) << i;
  }
}

}  // namespace
}  // namespace muster::wire
