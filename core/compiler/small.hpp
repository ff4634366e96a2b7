#pragma once

#include <memory>
#include <vector>

#include <xgrad/core/compiler/constant_part.hpp>
#include <xgrad/core/compiler/request.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

/// The plan of a graph whose arrays are all small, made in one pass over its nodes; null where there is more to it: large arrays,
/// products of matrices, ops that work on rows.
std::unique_ptr<Plan> plan_small(const Graph& graph, const CompileRequest& request, const ConstantPart& constants);

} // namespace xgrad
