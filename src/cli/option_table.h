#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "src/cli/command_line.h"
#include "src/cli/command_table.h"

namespace muster::cli {

// Takes a value as text and returns what is wrong with it, or an empty text.
using Setter = std::function<std::string(const std::string&)>;

// Where a value may come from beside the command line.
enum class Layers { kNone, kEnvironment, kEnvironmentAndFile };

// The one definition of an option, from which its flag, its environment variable (MUSTER_NAME), its
// key in the configuration file (name), its help and its suggestions are made.
struct OptionDef {
  std::string flags;  // "-o,--output"; without dashes: a positional argument
  std::string value;  // how help calls the value; empty: a switch
  std::string help;
  // Where the value goes: a list takes one value each time that the flag is given; of anything else
  // the last one counts.
  std::variant<bool*, std::string*, std::vector<std::string>*, Setter> target;
  Layers layers = Layers::kNone;
  bool required = false;

  bool is_positional() const { return !flags.starts_with('-'); }
  bool is_list() const { return std::holds_alternative<std::vector<std::string>*>(target); }
  std::string flag() const;  // "--output"
  std::string env() const;   // "MUSTER_OUTPUT"
  std::string key() const;   // "output"
};

struct CommandDef {
  Command command;
  const CommandText* text;
  std::vector<OptionDef> options;

  // "presence" of "presence list"; empty for a command that is in no group.
  std::string group() const;
  std::string word() const;  // "list"
};

// The options write into what they are given, which has to outlive them.
std::vector<OptionDef> GlobalDefs(GlobalOptions* global);
std::vector<CommandDef> CommandDefs(CommandLine* line);

}  // namespace muster::cli
