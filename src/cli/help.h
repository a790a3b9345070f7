#pragma once

#include <string>
#include <vector>

#include "src/cli/option_table.h"

namespace muster::cli {

// `muster --help`: examples first, then all commands.
std::string ProgramHelp(const std::vector<CommandDef>& commands,
                        const std::vector<OptionDef>& globals);
// `muster GROUP --help`: the same for the commands of one group.
std::string GroupHelp(const std::string& group, const std::vector<CommandDef>& commands,
                      const std::vector<OptionDef>& globals);
// `muster COMMAND --help`: examples first, then its flags and those of every command.
std::string CommandHelp(const CommandDef& command, const std::vector<OptionDef>& globals);

}  // namespace muster::cli
