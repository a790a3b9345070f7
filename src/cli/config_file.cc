#include "src/cli/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace muster::cli {
namespace {

// Far more than a file of settings ever has; a wrong file should not fill the memory.
constexpr size_t kFileBytesMax = 1 << 20;

Result<std::string> ReadAll(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rbe");
  const auto failed = [&](const char* what) {
    return Failure{ExitCode::kUsage, "cannot read the configuration file " + path, what,
                   "check --config (or MUSTER_CONFIG) and the file's permissions"};
  };
  if (file == nullptr) return failed(std::strerror(errno));
  std::string text;
  char buffer[4096];
  size_t got = 0;
  while (text.size() <= kFileBytesMax && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    text.append(buffer, got);
  }
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) return failed(std::strerror(error));
  if (text.size() > kFileBytesMax) return failed("it is larger than 1 MiB");
  return text;
}

// A plain value as the text that a flag would have; nullopt for lists, tables and dates.
std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* number = node.as_floating_point()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", number->get());
    return text;
  }
  return std::nullopt;
}

// False when `node` holds something that no flag can take.
bool Fill(const toml::node& node, ConfigItem* item) {
  if (const toml::array* list = node.as_array()) {
    item->is_list = true;
    for (const toml::node& element : *list) {
      std::optional<std::string> text = TextOf(element);
      if (!text) return false;
      item->values.push_back(*std::move(text));
    }
    return true;
  }
  if (const toml::table* table = node.as_table()) {
    item->is_list = true;
    for (const auto& [key, value] : *table) {
      const std::optional<std::string> text = TextOf(value);
      if (!text) return false;
      item->values.push_back(std::string(key.str()) + "=" + *text);
    }
    return true;
  }
  std::optional<std::string> text = TextOf(node);
  if (text) item->values.push_back(*std::move(text));
  return text.has_value();
}

}  // namespace

Result<std::vector<ConfigItem>> ReadConfigFile(const std::string& path) {
  const Result<std::string> text = ReadAll(path);
  if (!text.ok()) return text.failure();
  const toml::parse_result parsed = toml::parse(std::string_view(*text), std::string_view(path));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Failure{ExitCode::kUsage, "not TOML: " + path,
                   "line " + std::to_string(error.source().begin.line) + ": " +
                       std::string(error.description()),
                   "texts in double quotes, as in name = \"web-1\""};
  }
  std::vector<ConfigItem> items;
  for (const auto& [key, node] : parsed.table()) {
    ConfigItem item;
    item.key = std::string(key.str());
    item.line = static_cast<int>(key.source().begin.line);
    if (!Fill(node, &item)) {
      return Failure{ExitCode::kUsage, "'" + item.key + "' in " + path + " has no value of a flag",
                     "line " + std::to_string(item.line) + " holds a date or something nested",
                     item.key + " = \"...\""};
    }
    items.push_back(std::move(item));
  }
  // In the order of the file, which is the order in which a reader meets the errors.
  std::stable_sort(items.begin(), items.end(),
                   [](const ConfigItem& a, const ConfigItem& b) { return a.line < b.line; });
  return items;
}

}  // namespace muster::cli
