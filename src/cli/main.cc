#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/agent/agent.h"
#include "src/agent/config.h"
#include "src/api/client.h"
#include "src/base/strings.h"
#include "src/cli/command_line.h"
#include "src/cli/find_agent.h"
#include "src/cli/process.h"
#include "src/cli/run.h"
#include "src/cli/sim.h"

namespace muster::cli {
namespace {

// A client of the agent that the global flags stand for.
Result<api::Client> Connect(const GlobalOptions& global) {
  const Result<std::string> url =
      FindAgent({global.agent, agent::DefaultDataBase(), agent::FromUserFolder});
  if (!url.ok()) return url.failure();
  absl::StatusOr<api::Client> client = api::Client::Create(*url);
  if (!client.ok()) {
    return Failure{ExitCode::kUsage, "not the address of an agent: '" + *url + "'",
                   std::string(ToStd(client.status().message())),
                   "--agent unix:PATH or --agent http://HOST:PORT"};
  }
  if (!global.token_file.empty()) {
    Result<std::string> token = ReadToken(agent::FromUserFolder(global.token_file));
    if (!token.ok()) return token.failure();
    client->set_token(*std::move(token));
  }
  return *std::move(client);
}

ExitCode RunClient(const CommandLine& line) {
  Output output(line.global.output, DescribeTerminal(), WriteAll);
  if (const std::optional<Failure> failure = CheckOptions(line)) return output.Fail(*failure);
  ExitOnInterrupt();
  Result<api::Client> client = Connect(line.global);
  if (!client.ok()) return output.Fail(client.failure());
  ClientTransport transport(*std::move(client));
  SystemClock clock;
  Context context{transport, output, clock, line.global.timeout, line.global.timeout_given};
  const ExitCode exit = RunCommand(context, line);
  if (output.data_written()) return exit;
  return output.Fail({ExitCode::kError, "cannot write to standard output", "", ""});
}

// The commands that ask no agent.
ExitCode RunAlone(const CommandLine& line) {
  Output output(line.global.output, DescribeTerminal(), WriteAll);
  ExitOnInterrupt();
  const bool shows = StderrIsTerminal() && !line.global.output.quiet;
  const ExitCode exit = line.command == Command::kSim
                            ? RunSim(output, line.sim, shows ? ProgressLine(ShowProgress) : nullptr)
                            : RunExplain(output, line.agent, line.explain);
  if (output.data_written()) return exit;
  return output.Fail({ExitCode::kError, "cannot write to standard output", "", ""});
}

int Main(std::vector<std::string> args) {
  Parsed parsed = ParseCommandLine({std::move(args), GetEnv, agent::FromUserFolder});
  if (const auto* failure = std::get_if<Failure>(&parsed)) {
    WriteAll(Output::Stream::kTalk, FormatFailure(*failure));
    return static_cast<int>(failure->exit);
  }
  if (const auto* text = std::get_if<std::string>(&parsed)) {
    return WriteAll(Output::Stream::kData, *text) ? 0 : static_cast<int>(ExitCode::kError);
  }
  CommandLine& line = std::get<CommandLine>(parsed);
  if (line.command == Command::kAgent) return agent::Run(line.agent);
  const bool is_alone = line.command == Command::kSim || line.command == Command::kExplain;
  return static_cast<int>(is_alone ? RunAlone(line) : RunClient(line));
}

}  // namespace
}  // namespace muster::cli

int main(int argc, char** argv) {
  return muster::cli::Main(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
