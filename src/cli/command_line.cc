// The one file that includes CLI11. What there is to parse stands in option_table.cc; this file
// hands it to CLI11, adds the environment and the configuration file below the flags, and turns
// what CLI11 finds wrong into our errors.

#include "src/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "src/base/strings.h"
#include "src/base/version.h"
#include "src/cli/config_file.h"
#include "src/cli/help.h"
#include "src/cli/option_table.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

class Parser {
 public:
  explicit Parser(const Sources& sources);
  Parsed Parse();

 private:
  // An option beside its definition; neither moves any more.
  struct Bound {
    const OptionDef* def;
    CLI::Option* option;
    const CommandDef* command;  // null: of all commands
  };

  CLI::App* AddCommand(const CommandDef& command);
  void Bind(CLI::App* app, const OptionDef& def, const CommandDef* command);
  // Whether the option is one of the command that was named.
  bool Applies(const Bound& bound) const {
    return bound.command == nullptr || bound.command == Selected();
  }
  const CommandDef* Selected() const;
  std::string SelectedGroup() const;
  std::string HelpCommand() const;
  Failure UnknownCommand(const std::string& word) const;
  std::vector<std::string> KnownFlags() const;
  std::vector<std::string> Arguments() const;
  std::optional<Failure> EmptyValue() const;
  std::optional<Failure> Unknown() const;
  Failure FailureOf(const CLI::Error& error) const;
  std::optional<Failure> ApplyEnvironment();
  std::optional<Failure> ApplyFile();
  std::optional<Failure> ApplyItem(const ConfigItem& item, const std::string& path);

  const Sources& sources_;
  CommandLine line_;
  const std::vector<OptionDef> globals_;
  const std::vector<CommandDef> commands_;
  CLI::App app_;
  std::vector<CLI::App*> apps_;  // of commands_, in their order
  std::vector<Bound> bound_;
};

Parser::Parser(const Sources& sources)
    : sources_(sources),
      globals_(GlobalDefs(&line_.global)),
      commands_(CommandDefs(&line_)),
      app_("", "muster") {
  app_.require_subcommand(1);
  app_.set_help_flag("-h,--help");
  app_.set_version_flag("--version", std::string("muster ") + kVersion);
  for (const OptionDef& def : globals_) Bind(&app_, def, nullptr);
  for (const CommandDef& command : commands_) {
    apps_.push_back(AddCommand(command));
    for (const OptionDef& def : command.options) Bind(apps_.back(), def, &command);
  }
}

CLI::App* Parser::AddCommand(const CommandDef& command) {
  CLI::App* parent = &app_;
  if (const std::string group = command.group(); !group.empty()) {
    const std::vector<CLI::App*> found =
        app_.get_subcommands([&group](const CLI::App* app) { return app->get_name() == group; });
    parent = found.empty() ? app_.add_subcommand(group) : found[0];
    if (found.empty()) {
      parent->require_subcommand(1);
      parent->fallthrough();
    }
  }
  CLI::App* const app = parent->add_subcommand(command.word());
  app->fallthrough();  // flags that a command does not know are looked up in the program's
  return app;
}

void Parser::Bind(CLI::App* app, const OptionDef& def, const CommandDef* command) {
  CLI::Option* option = nullptr;
  if (auto* const flag = std::get_if<bool*>(&def.target)) {
    option = app->add_flag(def.flags, **flag);
  } else if (auto* const list = std::get_if<std::vector<std::string>*>(&def.target)) {
    option = app->add_option(def.flags, **list);
    if (!def.is_positional()) option->allow_extra_args(false);
  } else {
    const auto set = [&def](const std::string& text) {
      if (def.required && text.empty()) throw CLI::RequiredError(def.flag());
      if (auto* const target = std::get_if<std::string*>(&def.target)) {
        **target = text;
        return;
      }
      const std::string problem = std::get<Setter>(def.target)(text);
      if (!problem.empty()) throw CLI::ValidationError(def.flag(), problem);
    };
    option = app->add_option_function<std::string>(def.flags, set);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  option->required(def.required);
  bound_.push_back({&def, option, command});
}

// The command that was named, null if none was.
const CommandDef* Parser::Selected() const {
  for (size_t i = 0; i < commands_.size(); ++i) {
    if (apps_[i]->parsed()) return &commands_[i];
  }
  return nullptr;
}

// The group that was named, empty if none was.
std::string Parser::SelectedGroup() const {
  for (const CommandDef& command : commands_) {
    const std::string group = command.group();
    if (!group.empty() && app_.get_subcommand(group)->parsed()) return group;
  }
  return "";
}

std::string Parser::HelpCommand() const {
  const CommandDef* const command = Selected();
  const std::string named = command == nullptr ? SelectedGroup() : command->text->name;
  return named.empty() ? "muster --help" : "muster " + named + " --help";
}

// The long flags that make sense in this place.
std::vector<std::string> Parser::KnownFlags() const {
  std::vector<std::string> flags = {"--help", "--version"};
  const auto add = [&](const std::vector<OptionDef>& defs) {
    for (const OptionDef& def : defs) {
      if (!def.is_positional()) flags.push_back(def.flag());
    }
  };
  if (const CommandDef* const command = Selected()) add(command->options);
  add(globals_);
  return flags;
}

// "--flag=" with nothing behind it, for which CLI11 would take the next argument, and "--flag ''",
// which a shell makes of a variable that is not set.
std::optional<Failure> Parser::EmptyValue() const {
  std::string flag;  // the argument before, if it is a flag without a value
  for (const std::string& arg : sources_.args) {
    if (arg == "--") break;
    const bool is_flag = arg.size() > 2 && arg.starts_with("--");
    if (is_flag && arg.size() > 3 && arg.find('=') == arg.size() - 1) {
      flag = arg.substr(0, arg.size() - 1);
    } else if (!arg.empty() || flag.empty()) {
      flag = is_flag && arg.find('=') == std::string::npos ? arg : "";
      continue;
    }
    return Failure{ExitCode::kUsage, flag + " has an empty value", "",
                   "leave the flag out to have its default"};
  }
  return std::nullopt;
}

Failure Parser::UnknownCommand(const std::string& word) const {
  const std::string group = SelectedGroup();
  const std::string typed = group.empty() ? word : group + " " + word;
  std::vector<std::string> names;
  for (const CommandDef& command : commands_) {
    if (group.empty() && !command.group().empty()) names.push_back(command.group());
    if (command.group() == group) names.push_back(command.text->name);
  }
  const std::string nearest = Nearest(typed, names);
  return {ExitCode::kUsage, "unknown command '" + typed + "'",
          "the nearest one is '" + nearest + "'",
          "muster " + nearest + ", or " + HelpCommand() + " for all of them"};
}

// The first argument that nothing took, if there is one.
std::optional<Failure> Parser::Unknown() const {
  std::vector<std::string> rest = app_.remaining(/*recurse=*/true);
  std::erase(rest, "--");
  if (rest.empty()) return std::nullopt;
  const auto is_flag = [](const std::string& arg) { return arg.size() > 1 && arg[0] == '-'; };
  const auto word = std::find_if_not(rest.begin(), rest.end(), is_flag);
  if (Selected() == nullptr && word != rest.end()) return UnknownCommand(*word);
  if (!is_flag(rest[0])) {
    // Perhaps a datastore's URL without its flag, whose password is nothing for a log.
    const size_t scheme = rest[0].find("://");
    const std::string shown =
        scheme == std::string::npos ? rest[0] : rest[0].substr(0, scheme) + "://...";
    return Failure{ExitCode::kUsage, "unexpected argument '" + shown + "'", "", HelpCommand()};
  }
  const std::string flag = rest[0].substr(0, rest[0].find('='));
  return Failure{ExitCode::kUsage, "unknown flag '" + flag + "'",
                 "the nearest one is " + Nearest(flag, KnownFlags()), HelpCommand()};
}

Failure Parser::FailureOf(const CLI::Error& error) const {
  if (std::optional<Failure> unknown = Unknown()) return *unknown;
  if (Selected() == nullptr) {
    const std::string group = SelectedGroup();
    return {ExitCode::kUsage,
            group.empty() ? "no command given" : "'" + group + "' needs a command", "",
            HelpCommand()};
  }
  return {ExitCode::kUsage, error.what(), "", HelpCommand()};
}

std::optional<Failure> Parser::ApplyEnvironment() {
  for (const Bound& bound : bound_) {
    if (!Applies(bound) || bound.def->layers == Layers::kNone) continue;
    if (bound.option->count() > 0) continue;
    const std::optional<std::string> value = sources_.env(bound.def->env());
    if (!value || value->empty()) continue;
    bound.option->add_result(bound.def->is_list() ? SplitAtCommas(*value)
                                                  : std::vector<std::string>{*value});
    bound.option->run_callback();
  }
  return std::nullopt;
}

std::optional<Failure> Parser::ApplyItem(const ConfigItem& item, const std::string& path) {
  const std::string where = "line " + std::to_string(item.line) + " of " + path;
  std::vector<std::string> keys;
  for (const Bound& bound : bound_) {
    if (!Applies(bound) || bound.def->layers != Layers::kEnvironmentAndFile) continue;
    keys.push_back(bound.def->key());
    if (keys.back() != item.key) continue;
    if (item.is_list && !bound.def->is_list()) {
      return Failure{ExitCode::kUsage, "'" + item.key + "' takes one value, not a list", where,
                     item.key + " = \"...\""};
    }
    if (bound.option->count() > 0 || item.values.empty()) return std::nullopt;
    bound.option->add_result(item.values);
    bound.option->run_callback();
    return std::nullopt;
  }
  const std::string nearest = Nearest(item.key, keys);
  return Failure{ExitCode::kUsage, "unknown key '" + item.key + "' in the configuration file",
                 where + "; the nearest key is '" + nearest + "'",
                 nearest + " = \"...\", or 'muster agent --help' for all of them"};
}

std::optional<Failure> Parser::ApplyFile() {
  if (line_.agent.config_file.empty()) return std::nullopt;
  const std::string path = sources_.from_user_folder(line_.agent.config_file);
  const Result<std::vector<ConfigItem>> items = ReadConfigFile(path);
  if (!items.ok()) return items.failure();
  for (const ConfigItem& item : *items) {
    if (std::optional<Failure> failure = ApplyItem(item, path)) return failure;
  }
  return std::nullopt;
}

// The arguments as CLI11 wants them: the last first. `muster help COMMAND` is another way to say
// `muster COMMAND --help`.
std::vector<std::string> Parser::Arguments() const {
  std::vector<std::string> args(sources_.args.rbegin(), sources_.args.rend());
  if (!args.empty() && args.back() == "help") {
    args.pop_back();
    args.insert(args.begin(), "--help");
  }
  return args;
}

Parsed Parser::Parse() {
  if (std::optional<Failure> failure = EmptyValue()) return *failure;
  try {
    app_.parse(Arguments());
    line_.command = Selected()->command;
    if (std::optional<Failure> failure = ApplyEnvironment()) return *failure;
    if (line_.command == Command::kAgent || line_.command == Command::kExplain) {
      if (std::optional<Failure> failure = ApplyFile()) return *failure;
    }
  } catch (const CLI::CallForHelp&) {
    if (const CommandDef* const command = Selected()) return CommandHelp(*command, globals_);
    const std::string group = SelectedGroup();
    return group.empty() ? ProgramHelp(commands_, globals_) : GroupHelp(group, commands_, globals_);
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::Error& error) {
    return FailureOf(error);
  }
  return std::move(line_);
}

}  // namespace

Parsed ParseCommandLine(const Sources& sources) {
  Parsed parsed = Parser(sources).Parse();
  auto* const line = std::get_if<CommandLine>(&parsed);
  if (line != nullptr && line->command == Command::kAgent && !line->agent.config_file.empty()) {
    line->agent.reload = [sources]() -> absl::StatusOr<agent::Config> {
      Parsed again = ParseCommandLine(sources);
      if (auto* const fresh = std::get_if<CommandLine>(&again)) return std::move(fresh->agent);
      const Failure* const failure = std::get_if<Failure>(&again);
      return absl::InvalidArgumentError(
          ToAbsl(failure != nullptr ? failure->what + ": " + failure->fact : "not a command line"));
    };
  }
  return parsed;
}

}  // namespace muster::cli
