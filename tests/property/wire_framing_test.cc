// However a stream of frames is cut into pieces, the reader gives back the same bodies.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "src/wire/framing.h"

namespace muster::wire {
namespace {

RC_GTEST_PROP(WireFraming, AnyCutGivesTheSameBodies, ()) {
  const auto sizes = *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 3000));
  std::vector<std::string> bodies;
  std::string stream;
  for (const size_t size : sizes) {
    bodies.emplace_back(size, static_cast<char>('a' + bodies.size() % 26));
    for (int shift = 24; shift >= 0; shift -= 8) {
      stream.push_back(static_cast<char>(size >> shift));
    }
    stream += bodies.back();
  }
  FrameReader reader;
  std::vector<std::string> read;
  std::string_view rest = stream;
  while (!rest.empty()) {
    const size_t piece = std::min(rest.size(), *rc::gen::inRange<size_t>(1, 5000));
    reader.Append(rest.substr(0, piece));
    rest.remove_prefix(piece);
    std::string_view body;
    FrameReader::Result result = reader.Next(&body);
    for (; result == FrameReader::Result::kFrame; result = reader.Next(&body)) {
      read.emplace_back(body);
    }
    RC_ASSERT(result == FrameReader::Result::kNeedMore);
  }
  RC_ASSERT(read == bodies);
  RC_ASSERT(reader.buffered_bytes() == 0u);
}

}  // namespace
}  // namespace muster::wire
