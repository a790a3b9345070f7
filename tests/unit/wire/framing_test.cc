#include "src/wire/framing.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/wire/checksum.h"

namespace muster::wire {
namespace {

using Result = FrameReader::Result;

std::string Frame(std::string_view body) {
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<char>(body.size() >> shift));
  }
  return frame.append(body);
}

std::string Length(uint32_t length) {
  return {static_cast<char>(length >> 24), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

TEST(FrameReader, CutsWhereverTheStreamWasCut) {
  const std::vector<std::string> bodies = {"a", "second", std::string(1000, 'x'), "last"};
  std::string stream;
  for (const std::string& body : bodies) stream += Frame(body);
  for (size_t step = 1; step <= stream.size(); step += step < 20 ? 1 : 97) {
    FrameReader reader;
    std::vector<std::string> read;
    for (size_t at = 0; at < stream.size(); at += step) {
      reader.Append(std::string_view(stream).substr(at, step));
      std::string_view body;
      while (reader.Next(&body) == Result::kFrame) read.emplace_back(body);
    }
    EXPECT_EQ(read, bodies) << "in steps of " << step;
    EXPECT_EQ(reader.buffered_bytes(), 0u);
  }
}

TEST(FrameReader, NeedsMoreUntilTheLastByte) {
  const std::string frame = Frame("body");
  FrameReader reader;
  std::string_view body;
  for (size_t i = 0; i < frame.size(); ++i) {
    EXPECT_EQ(reader.Next(&body), Result::kNeedMore) << i;
    EXPECT_EQ(reader.buffered_bytes(), i);
    reader.Append(std::string_view(frame).substr(i, 1));
  }
  ASSERT_EQ(reader.Next(&body), Result::kFrame);
  EXPECT_EQ(body, "body");
  EXPECT_EQ(reader.Next(&body), Result::kNeedMore);
}

TEST(FrameReader, LongestFramePasses) {
  const std::string longest(limits::kFrameBytesMax, 'x');
  FrameReader reader;
  std::string_view body;
  reader.Append(Frame(longest));
  ASSERT_EQ(reader.Next(&body), Result::kFrame);
  EXPECT_EQ(body, longest);
}

TEST(FrameReader, BadLengthIsFinal) {
  for (const uint32_t length :
       {uint32_t{0}, static_cast<uint32_t>(limits::kFrameBytesMax + 1), UINT32_MAX}) {
    FrameReader reader;
    std::string_view body;
    reader.Append(Frame("good") + Length(length));
    ASSERT_EQ(reader.Next(&body), Result::kFrame);
    EXPECT_EQ(reader.Next(&body), Result::kBadLength) << length;
    reader.Append(Frame("good"));
    EXPECT_EQ(reader.Next(&body), Result::kBadLength) << length;
    EXPECT_EQ(reader.buffered_bytes(), 0u) << "a closed stream still takes memory";
  }
}

// The published value for no input; the wire's checksum may never become another function.
TEST(Checksum, IsXxh3) { EXPECT_EQ(Checksum(""), 0x2d06800538d394c2u); }

}  // namespace
}  // namespace muster::wire
