#pragma once

#include "proto/gossip.pb.h"
#include "src/wire/message.h"

// Messages as the generated classes, for tests that break them in ways the codec never would.

namespace muster::wire::testing {

// What the body of the encoded packet, or frame, holds.
proto::Packet AsGenerated(const Packet& packet);
proto::StreamMessage AsGenerated(const StreamMessage& message);

}  // namespace muster::wire::testing
