// FrameReader: the first byte is the size of the pieces in which the rest arrives. The bodies must
// be those that a plain walk over the whole stream finds.

#include <algorithm>
#include <string_view>
#include <vector>

#include "src/base/check.h"
#include "src/wire/framing.h"
#include "tests/fuzz/fuzz_target.h"

namespace muster::wire {
namespace {

struct Expected {
  std::vector<std::string_view> bodies;
  bool is_bad = false;  // a bad length ended it
};

Expected Walk(std::string_view stream) {
  Expected expected;
  while (stream.size() >= limits::kFrameHeaderBytes) {
    size_t length = 0;
    for (size_t i = 0; i < limits::kFrameHeaderBytes; ++i) {
      length = length << 8 | static_cast<uint8_t>(stream[i]);
    }
    expected.is_bad = length == 0 || length > limits::kFrameBytesMax;
    stream.remove_prefix(limits::kFrameHeaderBytes);
    if (expected.is_bad || length > stream.size()) return expected;
    expected.bodies.push_back(stream.substr(0, length));
    stream.remove_prefix(length);
  }
  return expected;
}

void Try(std::string_view stream, size_t piece) {
  const Expected expected = Walk(stream);
  FrameReader reader;
  size_t frames = 0;
  FrameReader::Result result = FrameReader::Result::kNeedMore;
  for (size_t at = 0; at < stream.size(); at += piece) {
    reader.Append(stream.substr(at, piece));
    std::string_view body;
    result = reader.Next(&body);
    for (; result == FrameReader::Result::kFrame; result = reader.Next(&body)) {
      MUSTER_CHECK(frames < expected.bodies.size() && body == expected.bodies[frames]);
      ++frames;
    }
  }
  MUSTER_CHECK(frames == expected.bodies.size());
  MUSTER_CHECK((result == FrameReader::Result::kBadLength) == expected.is_bad);
  MUSTER_CHECK(reader.buffered_bytes() <= limits::kFrameHeaderBytes + limits::kFrameBytesMax);
}

}  // namespace
}  // namespace muster::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  muster::wire::Try(bytes.substr(1), std::max<size_t>(1, data[0]));
  return 0;
}
