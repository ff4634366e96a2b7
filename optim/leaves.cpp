#include <xgrad/optim/leaves.hpp>

#include <array>

#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/core/tape.hpp>

namespace xgrad::optim::detail {

std::vector<double> values_of(const std::vector<Var>& leaves) {
    std::vector<double> values;
    for (const Var& leaf : leaves) {
        const auto array = leaf.value<double>();
        values.insert(values.end(), array.begin(), array.end());
    }
    return values;
}

void assign_values(const std::vector<Var>& leaves, const std::vector<double>& values, Location where) {
    const double* at = values.data();
    for (const Var& leaf : leaves) {
        const std::size_t n = leaf.shape().numel();
        const std::vector<std::size_t> shape(leaf.shape().begin(), leaf.shape().end());
        leaf.tape().assign(leaf, xt::adapt(at, n, xt::no_ownership(), shape), where);
        at += n;
    }
}

std::vector<double> flat(const Results& results, std::size_t first) {
    std::size_t size = 0;
    for (std::size_t i = first; i < results.size(); ++i)
        size += results.type(i).shape.numel();
    std::vector<double> values(size);
    double* at = values.data();
    for (std::size_t i = first; i < results.size(); ++i) {
        const std::size_t n = results.type(i).shape.numel();
        xgrad::detail::convert_elements(results.type(i).dtype, results.data(i), n, at);
        at += n;
    }
    return values;
}

bool draws(Var y, Location where) {
    const GraphUse use(y, where);
    const Graph& graph = *use;
    const std::vector<char> needed = ancestors(graph, std::array{graph.index(y)});
    for (std::uint32_t i = 0; i < needed.size(); ++i)
        if (needed[i] && graph.node(i).info->advance) return true;
    return false;
}

} // namespace xgrad::optim::detail
