#include "src/agent/datastore_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace muster::agent {
namespace {

class DatastoreSourceTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string Refusal() {
    const absl::StatusOr<store::DatastoreUrl> url = ReadDatastoreFile(path_);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(url.status().ToString().find(path_), std::string::npos) << url.status();
    return url.status().ToString();
  }
  const std::string path_ = testing::TempDir() + "/store.url";
};

TEST_F(DatastoreSourceTest, WhiteSpaceAroundTheUrlMeansNothing) {
  Write("  redis://:hunter2@10.0.0.9/3\n\n");
  const absl::StatusOr<store::DatastoreUrl> url = ReadDatastoreFile(path_);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->kind, "redis");
  EXPECT_EQ(url->text, "redis://:hunter2@10.0.0.9/3");
  EXPECT_EQ(url->shown, "redis://:***@10.0.0.9:6379/3");
}

TEST_F(DatastoreSourceTest, WhatIsNoUrlIsRefusedWithoutBeingShown) {
  for (const char* text :
       {"", "hunter2", "redis://u:hunter2@", "none none", "mysql://hunter2@h/"}) {
    Write(text);
    EXPECT_EQ(Refusal().find("hunter2"), std::string::npos) << text;
  }
  Write(std::string(4097, 'x'));
  EXPECT_NE(Refusal(), "");
  std::remove(path_.c_str());
  EXPECT_NE(Refusal(), "");
}

TEST_F(DatastoreSourceTest, AFileThatCannotBeReadIsRefused) {
  const absl::StatusOr<store::DatastoreUrl> folder = ReadDatastoreFile(testing::TempDir());
  EXPECT_EQ(folder.status().code(), absl::StatusCode::kInvalidArgument);
  // Nor waited for, as reading a pipe would mean.
  std::remove(path_.c_str());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(Refusal().find("no readable file"), std::string::npos);
  std::remove(path_.c_str());
}

TEST_F(DatastoreSourceTest, TheFileIsReadAnewEachTime) {
  Settings settings;
  settings.datastore_file = path_;
  Write("redis://:old@10.0.0.9");
  ASSERT_TRUE(FindDatastore(settings).ok());
  const store::UrlSource source = DatastoreSource(settings);
  ASSERT_TRUE(source);
  Write("redis://:new@10.0.0.9");
  const absl::StatusOr<store::DatastoreUrl> url = source();
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->text, "redis://:new@10.0.0.9");
  std::remove(path_.c_str());
  EXPECT_EQ(source().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(source().status().ToString().find('\n'), std::string::npos);
}

TEST_F(DatastoreSourceTest, WithoutAFileTheUrlHoldsForEver) {
  Settings settings;
  const std::string place = "sqlite:/srv/presence.db";
  settings.datastore = {.kind = "sqlite", .text = place, .shown = place};
  const absl::StatusOr<store::DatastoreUrl> url = FindDatastore(settings);
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(*url, settings.datastore);
  EXPECT_FALSE(DatastoreSource(settings));
}

}  // namespace
}  // namespace muster::agent
