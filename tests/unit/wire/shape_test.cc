#include "src/wire/shape.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/gossip.pb.h"
#include "src/wire/limits.h"

namespace muster::wire {
namespace {

std::string EmptyUpdates(size_t count) {
  proto::Packet packet;
  for (size_t i = 0; i < count; ++i) packet.add_updates();
  return packet.SerializeAsString();
}

// One update as a packet and as a stream message: field 15 in both.
std::string WithUpdate(const proto::Update& update) {
  proto::Packet packet;
  *packet.add_updates() = update;
  return packet.SerializeAsString();
}

TEST(Shape, CountsTheUpdates) {
  EXPECT_EQ(CheckPacketShape(EmptyUpdates(limits::kUpdatesPerPacketMax)), Reject::kNone);
  EXPECT_EQ(CheckPacketShape(EmptyUpdates(limits::kUpdatesPerPacketMax + 1)), Reject::kLimit);
  EXPECT_EQ(CheckStreamShape(EmptyUpdates(limits::kUpdatesPerFrameMax)), Reject::kNone);
  EXPECT_EQ(CheckStreamShape(EmptyUpdates(limits::kUpdatesPerFrameMax + 1)), Reject::kLimit);
}

TEST(Shape, CountsTheTagsOfEachMember) {
  proto::Update update;
  for (size_t i = 0; i < limits::kTagsMax; ++i)
    update.mutable_attributes()->add_tags()->set_key("k");
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kNone);
  // Two members at their limits are two times within it.
  EXPECT_EQ(CheckPacketShape(WithUpdate(update) + WithUpdate(update)), Reject::kNone);
  update.mutable_attributes()->add_tags()->set_key("k");
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kLimit);
  EXPECT_EQ(CheckStreamShape(WithUpdate(update)), Reject::kLimit);
}

// The parser would merge them, tags and all.
TEST(Shape, AttributesComeOnce) {
  proto::Update half;
  for (size_t i = 0; i < limits::kTagsMax; ++i) half.mutable_attributes()->add_tags()->set_key("k");
  const std::string once = half.SerializeAsString();
  const auto wrap = [](const std::string& update) {
    return std::string("\x7a") + static_cast<char>(0x80 | (update.size() & 0x7f)) +
           static_cast<char>(update.size() >> 7) + update;
  };
  EXPECT_EQ(CheckPacketShape(wrap(once)), Reject::kNone);
  EXPECT_EQ(CheckPacketShape(wrap(once + once)), Reject::kLimit);
}

TEST(Shape, MeasuresTexts) {
  proto::Update update;
  proto::Attributes* attributes = update.mutable_attributes();
  attributes->set_name(std::string(limits::kNameBytesMax, 'n'));
  attributes->set_agent(std::string(limits::kAgentBytesMax, 'a'));
  proto::Tag* tag = attributes->add_tags();
  tag->set_key(std::string(limits::kTagBytesMax, 'k'));
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kNone);
  tag->mutable_key()->push_back('k');
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kLimit);
  tag->mutable_key()->pop_back();
  tag->set_value(std::string(limits::kTagBytesMax + 1, 'v'));
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kLimit);
  tag->clear_value();
  attributes->mutable_agent()->push_back('a');
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kLimit);
  attributes->mutable_agent()->pop_back();
  attributes->mutable_name()->push_back('n');
  EXPECT_EQ(CheckPacketShape(WithUpdate(update)), Reject::kLimit);
}

TEST(Shape, MalformedEncodings) {
  const std::string padding(100, '\0');
  for (const std::string& body :
       {std::string(100, '\xff'),                         // a tag without an end
        "\x7a\x7f" + std::string(80, 'x'),                // a length beyond the end
        "\x09" + std::string(3, 'x') + "\x0b" + padding,  // a group without an end
        std::string("\x04") + padding,                    // the end of a group that never began
        std::string("\x00", 1) + padding}) {              // field number 0
    EXPECT_EQ(CheckPacketShape(body), Reject::kMalformed) << body.substr(0, 2);
    EXPECT_EQ(CheckStreamShape(body), Reject::kMalformed) << body.substr(0, 2);
  }
}

TEST(Shape, UnknownFieldsPass) {
  std::string body = EmptyUpdates(40);
  body += "\xaa\x38\x40" + std::string(64, 'x');  // field 901 as bytes
  body += "\xa0\x38\x05";                         // field 900 as a varint
  EXPECT_EQ(CheckPacketShape(body), Reject::kNone);
}

}  // namespace
}  // namespace muster::wire
