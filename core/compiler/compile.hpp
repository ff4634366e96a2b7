#pragma once

#include <memory>
#include <vector>

#include <xgrad/core/options.hpp>
#include <xgrad/core/step.hpp>

namespace xgrad {

class Graph;
class Executable;

/// From nodes to a program; the passes, in their order, are called in compile.cpp.
std::shared_ptr<Executable> compile(const Graph& graph, const Step& step, const std::vector<Var>& inputs,
                                    CompileOptions options, Location where);

} // namespace xgrad
