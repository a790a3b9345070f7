// Writes the seed files of the fuzz targets of the wire and of presence records under
// DIR/decode_packet, DIR/decode_frame, DIR/frame_reader and DIR/decode_presence, one for each
// message type and some that are wrong on purpose:
//     bazel run //tests/fuzz:write_seeds -- $PWD/tests/fuzz/corpus
// Needed again only after a change of the schema.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "proto/presence.pb.h"
#include "src/store/presence_record.h"
#include "src/wire/codec.h"
#include "tests/unit/store/samples.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::kCluster;

void Write(const std::filesystem::path& folder, const std::string& name, std::string_view bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

// The protobuf body inside the envelope: what a fuzzer can change without breaking the checksum.
std::string BodyOf(std::string_view envelope) {
  return std::string(
      envelope.substr(kHeaderBytes, envelope.size() - kHeaderBytes - kChecksumBytes));
}

std::string ManyEmptyUpdates(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) body += std::string("\x7a\x00", 2);
  return body;
}

void WritePackets(const std::filesystem::path& folder) {
  Codec codec(kCluster);
  std::string datagram;
  for (const PacketType type : testing::kAllPacketTypes) {
    Packet packet = testing::SamplePacket(type);
    packet.updates = {testing::SampleUpdate(), testing::SampleFullUpdate()};
    datagram.clear();
    codec.EncodePacket(packet, "", &datagram);
    Write(folder, "body_" + std::to_string(static_cast<int>(type)), BodyOf(datagram));
  }
  Write(folder, "datagram", datagram);
  Write(folder, "updates_above_limit", ManyEmptyUpdates(65));
  Write(folder, "unknown_field", "\xaa\x38\x02hi");
  Write(folder, "group_without_end", "\x0b\x0b\x0b");
}

void WriteFrames(const std::filesystem::path& frames, const std::filesystem::path& streams) {
  Codec codec(kCluster);
  std::string stream = "\x07";
  for (const StreamType type : testing::kAllStreamTypes) {
    StreamMessage message = testing::SampleStreamMessage(type);
    std::string pieces;
    if (type == StreamType::kSyncRecords) {
      const Update update = testing::SampleFullUpdate();
      message.common = {update.attributes->address.port(), update.attributes->tolerance_ms,
                        update.attributes->agent};
      EncodeUpdate(testing::SampleUpdate(), &pieces);
      EncodeUpdate(update, &pieces, &message.common);
    }
    std::string frame;
    codec.EncodeFrame(message, pieces, &frame);
    const std::string_view body = std::string_view(frame).substr(limits::kFrameHeaderBytes);
    Write(frames, "body_" + std::to_string(static_cast<int>(type)), BodyOf(body));
    if (type == StreamType::kReceipt) Write(frames, "frame", body);
    stream += frame;
  }
  Write(frames, "updates_above_limit", ManyEmptyUpdates(2049));
  Write(streams, "frames", stream);
  Write(streams, "zero_length", std::string("\x03\x00\x00\x00\x00", 5));
  Write(streams, "length_above_limit", std::string("\xff\x00\x01\x00\x01", 5));
  Write(streams, "cut_frame", std::string("\x01\x00\x00\x00\x08part", 9));
}

void WritePresence(const std::filesystem::path& folder) {
  const std::string row = store::EncodePresence(store::testing::SampleRecord(1));
  Write(folder, "row", row);
  proto::PresenceEnvelope envelope;
  if (!envelope.ParseFromString(row)) return;
  Write(folder, "record", envelope.record());
  envelope.set_version(2);
  Write(folder, "row_of_version_2", envelope.SerializeAsString());
  proto::PresenceRecord record;
  if (!record.ParseFromString(envelope.record())) return;
  record.set_name("line\nbreak");
  Write(folder, "record_with_control_character", record.SerializeAsString());
}

}  // namespace
}  // namespace muster::wire

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_seeds DIR\n");
    return 2;
  }
  const std::filesystem::path corpus = argv[1];
  muster::wire::WritePackets(corpus / "decode_packet");
  muster::wire::WriteFrames(corpus / "decode_frame", corpus / "frame_reader");
  muster::wire::WritePresence(corpus / "decode_presence");
  return 0;
}
