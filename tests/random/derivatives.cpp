// The derivatives of random programs: reverse mode, forward mode and differences must tell the same, to second order.

#include <algorithm>
#include <cmath>

#include "check.hpp"

namespace test {
namespace {

/// Shrinking may leave roots and quotients of what is no longer positive.
bool is_finite(const xg::Var& value) {
    const xt::xarray<double> elements = value.value<double>();
    return std::all_of(elements.begin(), elements.end(),
                       [](double x) { return std::isfinite(x) && std::abs(x) < 1e3; });
}

bool is_variable(const Node& n) { return n.is("parameter") && std::find(n.at.begin(), n.at.end(), 0) == n.at.end(); }

} // namespace

xg::Var value_at(const Program& program, const std::vector<xg::Var>& variables) {
    xg::Tape& tape = variables[0].tape();
    std::vector<xg::Operand> values;
    std::size_t next = 0;
    for (const Node& n : program.nodes) {
        if (is_variable(n)) {
            values.push_back(variables[next++]);
            continue;
        }
        Node fixed = n;
        if (n.is_leaf()) fixed.kind = &kind("constant");
        values.push_back(record_node(tape, fixed, values));
    }
    std::vector<std::size_t> results = program.outputs;
    for (const Program::Update& u : program.updates)
        results.push_back(u.next);
    xg::Var all = tape.constant(0.0);
    for (const std::size_t i : results)
        if (values[i].dtype() == xg::DType::float64 && values[i].shape().numel() != 0)
            all = all + mean(tanh(values[i]));
    return all;
}

std::vector<xt::xarray<double>> variables_of(const Program& program) {
    xg::Tape tape;
    std::vector<xt::xarray<double>> variables;
    for (std::size_t i = 0; const xg::Operand& value : record(tape, program).values) {
        const bool floating = value.var.valid() && xg::is_floating(value.dtype());
        if (floating && !is_finite(value.var))
            throw xg::Error("differences do not tell the derivatives of such numbers");
        if (is_variable(program.nodes[i++])) variables.push_back(value.var.value<double>());
    }
    if (variables.empty()) throw xg::Error("it has no parameters");
    return variables;
}

std::optional<Failure> check_derivatives(const Program& program) {
    const std::vector<xt::xarray<double>> variables = variables_of(program);
    const auto report = xg::gradcheck([&](const std::vector<xg::Var>& x) { return value_at(program, x); }, variables);
    if (report.ok) return std::nullopt;
    return Failure{report.str()};
}

} // namespace test
