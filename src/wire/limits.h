#pragma once

#include <cstddef>
#include <cstdint>

// What a peer may send. Every number is checked before memory is taken for it.
namespace muster::wire::limits {

inline constexpr size_t kDatagramBytesMax = 1200;  // payload; passes tunnels and IPv6's 1,280
inline constexpr size_t kUpdatesPerPacketMax = 64;
inline constexpr size_t kPullIdsMax = 32;
inline constexpr size_t kNameBytesMax = 128;
inline constexpr size_t kTagsMax = 32;
inline constexpr size_t kTagBytesMax = 512;  // keys and values together
inline constexpr size_t kAgentBytesMax = 32;
inline constexpr size_t kClusterBytesMax = 128;
inline constexpr size_t kFrameBytesMax = 64 * 1024;  // body of one stream frame
inline constexpr size_t kFrameHeaderBytes = 4;       // its length, big endian
inline constexpr size_t kUpdatesPerFrameMax = 2048;
inline constexpr size_t kWantedPerFrameMax = 2048;
inline constexpr uint8_t kRangeBitsMax = 12;  // 4,096 ranges of hash space
inline constexpr size_t kLeavesPerRange = 16;
inline constexpr size_t kLeavesMax = kLeavesPerRange << kRangeBitsMax;
inline constexpr size_t kRangesPerFrameMax = 4096;
inline constexpr size_t kHashesPerFrameMax = 8192;
inline constexpr size_t kPrintsPerFrameMax = 2048;
inline constexpr uint8_t kHealthMax = 8;

}  // namespace muster::wire::limits
