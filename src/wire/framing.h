#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/wire/limits.h"

namespace muster::wire {

// Cuts a byte stream into frame bodies. Memory is taken only as bytes arrive, and never more than
// one frame of limits::kFrameBytesMax beyond what the caller hands in.
class FrameReader {
 public:
  enum class Result { kFrame, kNeedMore, kBadLength };

  // Adds bytes from the stream.
  void Append(std::string_view bytes);
  // The next whole frame body; valid until the next call of any method. kBadLength (zero or above
  // the limit) is final: close the stream.
  Result Next(std::string_view* body);
  size_t buffered_bytes() const { return buffer_.size() - consumed_; }

 private:
  std::string buffer_;
  size_t consumed_ = 0;
  bool is_bad_ = false;  // after a bad length nothing is kept
};

}  // namespace muster::wire
