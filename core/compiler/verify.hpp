#pragma once

#include <xgrad/core/compiler/request.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

/// Whether every plan is verified: in debug builds, and where the environment has XGRAD_VERIFY=1, as in the project's
/// tests.
bool verifying();

/// Follows a plan from call to call and checks, from the graph and the plan alone, that it computes what was asked for:
/// each call has its kernel, finds in each operand the very elements that its node reads, and writes where they belong;
/// outputs and updated leaves hold their nodes at the end. Nothing of the passes is used, so that what they assume is
/// not assumed here. Throws a std::logic_error that names the call: it is no error of the user's.
void verify(const Graph& graph, const CompileRequest& request, const Plan& plan);

} // namespace xgrad
