#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/core/options.hpp>
#include <xgrad/core/step.hpp>

namespace xgrad {

class Graph;
class Executable;

/// From nodes to a program; the passes, in their order, are called in compile.cpp.
std::shared_ptr<Executable> compile(const Graph& graph, const Step& step, const std::vector<Var>& inputs,
                                    CompileOptions options, Location where);

/// What each pass leaves of a step, as text, under the name of the pass; for people.
using PassTexts = std::vector<std::pair<std::string, std::string>>;
PassTexts passes_of(const Graph& graph, const Step& step, const std::vector<Var>& inputs);

} // namespace xgrad
