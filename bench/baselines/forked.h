#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace muster::baselines {

// Runs task(0) to task(count - 1), each a function of its number alone, in `processes` processes,
// and returns their results by number: the same whatever the number of processes. Progress goes to
// standard error, if that is a terminal, as "`what` 12/54". A task that dies ends the program.
std::vector<std::vector<double>> RunForked(const std::string& what, size_t count, int processes,
                                           const std::function<std::vector<double>(size_t)>& task);

}  // namespace muster::baselines
