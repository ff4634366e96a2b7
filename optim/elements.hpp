#pragma once
// The elements of small arrays, each as an expression of numbers.

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad::optim::detail {

/// Records each element of an array anew, as what elements of arrays it follows from: through elementwise ops, views,
/// concatenations, sums and products of matrices. So what is made of arrays of a few elements and put together again,
/// as vectors and rotations in space are, becomes arithmetic of numbers, which fuses, and has derivatives that fuse,
/// when there are many of them. What other ops make is kept whole, and its element taken.
class Elements {
  public:
    explicit Elements(Var beside) : use_(beside), graph_(*use_) {}
    /// All of x, in row-major order, each of shape ().
    std::vector<Var> of(Var x);

  private:
    std::uint32_t element(std::uint32_t node, std::size_t index);
    std::uint32_t record(std::uint32_t node, std::size_t index);
    std::uint32_t of_elementwise(std::uint32_t node, std::size_t index);
    std::uint32_t of_view(std::uint32_t node, std::size_t index);
    std::uint32_t of_concatenation(std::uint32_t node, std::size_t index);
    std::uint32_t of_sum(std::uint32_t node, std::size_t index);
    std::uint32_t of_product(std::uint32_t node, std::size_t index);
    std::uint32_t taken(std::uint32_t node, std::size_t index);
    Var var(std::uint32_t node, std::size_t index) { return graph_.var(element(node, index)); }

    GraphUse use_;
    Graph& graph_;
    std::map<std::pair<std::uint32_t, std::size_t>, std::uint32_t> known_;
};

} // namespace xgrad::optim::detail
