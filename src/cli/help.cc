#include "src/cli/help.h"

#include <algorithm>
#include <string_view>

namespace muster::cli {
namespace {

constexpr size_t kColumn = 34;  // where descriptions begin
constexpr size_t kWidth = 100;

// "  LEFT    description", the description wrapped into a column of its own.
std::string Line(const std::string& left, std::string_view description) {
  std::string text = "  " + left;
  size_t width = text.size();
  if (width + 2 > kColumn) {
    text += '\n';
    width = 0;
  }
  text.append(kColumn - width, ' ');
  width = kColumn;
  while (!description.empty()) {
    const size_t end = std::min(description.find(' '), description.size());
    if (width > kColumn && width + 1 + end > kWidth) {
      text += '\n' + std::string(kColumn, ' ');
      width = kColumn;
    } else if (width > kColumn) {
      text += ' ';
      ++width;
    }
    text += description.substr(0, end);
    width += end;
    description.remove_prefix(std::min(end + 1, description.size()));
  }
  return text + "\n";
}

std::string FlagLine(const OptionDef& option) {
  std::string left = option.flags;
  if (const size_t comma = left.find(','); comma != std::string::npos) left.insert(comma + 1, " ");
  if (!option.value.empty()) left += " " + option.value;
  return Line(left,
              option.help + (option.layers != Layers::kNone ? " [" + option.env() + "]" : ""));
}

std::string FlagLines(const std::string& title, const std::vector<OptionDef>& options) {
  std::string text;
  for (const OptionDef& option : options) {
    if (!option.is_positional()) text += FlagLine(option);
  }
  return text.empty() ? text : "\n" + title + ":\n" + text;
}

std::string GlobalLines(const std::vector<OptionDef>& globals) {
  return FlagLines("Global flags, before or after the command", globals) +
         Line("--version", "print the version") + Line("-h, --help", "this help");
}

std::string Details(const CommandText& text) {
  return *text.details == '\0' ? std::string() : std::string("\n") + text.details;
}

}  // namespace

std::string ProgramHelp(const std::vector<CommandDef>& commands,
                        const std::vector<OptionDef>& globals) {
  std::string text = std::string("Examples:\n") + kProgramText.examples +
                     "\nmuster: " + kProgramText.summary +
                     "\n\nUsage: muster COMMAND [flags]\n\n"
                     "Commands ('muster COMMAND --help' has more):\n";
  for (const CommandDef& command : commands) {
    text += Line(command.text->name, command.text->summary);
  }
  return text + GlobalLines(globals) + Details(kProgramText);
}

std::string GroupHelp(const std::string& group, const std::vector<CommandDef>& commands,
                      const std::vector<OptionDef>& globals) {
  std::string examples;
  std::string lines;
  for (const CommandDef& command : commands) {
    if (command.group() != group) continue;
    examples += command.text->examples;
    lines += Line(command.text->name, command.text->summary);
  }
  return "Examples:\n" + examples + "\nUsage: muster " + group + " COMMAND [flags]\n\n" +
         "Commands ('muster " + group + " COMMAND --help' has more):\n" + lines +
         GlobalLines(globals);
}

std::string CommandHelp(const CommandDef& command, const std::vector<OptionDef>& globals) {
  const CommandText& text = *command.text;
  const std::string name = std::string("muster ") + text.name;
  const std::string arguments = *text.arguments == '\0' ? "" : std::string(" ") + text.arguments;
  return std::string("Examples:\n") + text.examples + "\n" + name + ": " + text.summary +
         "\n\nUsage: " + name + arguments + " [flags]\n" + FlagLines("Flags", command.options) +
         GlobalLines(globals) + Details(text);
}

}  // namespace muster::cli
