#pragma once

#include <string_view>

#include "src/wire/message.h"

// A walk over a body's field tags before any of it is parsed. The generated parser makes an object
// of every element it meets, and an empty element takes two bytes: unwatched, one frame of 64 KiB
// would cost megabytes. The walk allocates nothing.

namespace muster::wire {

// kNone, kLimit (a count or length above limits.h, at any depth) or kMalformed (no sound encoding).
// Messages of at most 64 bytes are not walked: no count limit is within their reach, and their
// lengths are judged when they are converted.
Reject CheckPacketShape(std::string_view body);
Reject CheckStreamShape(std::string_view body);

}  // namespace muster::wire
