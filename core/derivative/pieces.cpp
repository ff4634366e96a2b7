#include <xgrad/core/derivative/pieces.hpp>

#include <cstring>
#include <memory>
#include <span>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// The ops that put the pieces in their places. They are kept here because the op outlives the nodes that were added
/// up.
class Placements {
  public:
    struct Placement {
        const OpInfo* info;
        const void* op;
        std::size_t inputs; // how many it has of the sum's
        Location where;     // of the node that was added up
    };

    void add(const OpInfo& info, const void* op, std::size_t inputs, Location where) {
        all_.push_back({&info, attributes_.keep(info, op), inputs, where});
    }

    std::size_t size() const { return all_.size(); }
    std::size_t hash() const {
        std::size_t h = all_.size();
        for (const Placement& p : all_)
            h = h * 31 + (p.info->empty ? 0 : p.info->hash(p.op)) + reinterpret_cast<std::uintptr_t>(p.info);
        return h;
    }
    bool operator==(const Placements& other) const {
        return std::equal(
            all_.begin(), all_.end(), other.all_.begin(), other.all_.end(), [](const Placement& a, const Placement& b) {
                return a.info == b.info && a.inputs == b.inputs && (a.info->empty || a.info->equal(a.op, b.op));
            });
    }

    /// f(placement, the position of its first input)
    template <class F>
    void each(F f) const {
        std::size_t first = 0;
        for (const Placement& p : all_) {
            f(p, first);
            first += p.inputs;
        }
    }

  private:
    std::vector<Placement> all_;
    KeptAttributes attributes_;
};

struct AddPieces {
    static constexpr auto name = "add_pieces";
    static constexpr bool linear = true;
    Type to;
    std::shared_ptr<const Placements> placements;

    Shape shape(Types) const { return to.shape; }
    DType dtype(Types) const { return to.dtype; }

    void eval(ConstArrays in, Array out) const {
        std::memset(out.data, 0, to.shape.numel() * size_of(to.dtype));
        placements->each([&](const auto& p, std::size_t first) {
            try {
                p.info->add(p.op, in.subspan(first, p.inputs), out);
            } catch (const Error& error) { // said of the op that the user knows, at its line
                const Call call(p.info->name, p.where);
                throw Error(std::string(error.message()), p.where);
            }
        });
    }

    std::vector<Var> vjp(Var g, Var, std::span<const Var> x) const {
        std::vector<Var> result(x.size());
        placements->each([&](const auto& p, std::size_t first) {
            p.info->vjp(p.op, g, Var{}, x.subspan(first, p.inputs), std::span(result).subspan(first, p.inputs));
        });
        return result;
    }

    std::size_t hash() const { return placements->hash(); }
    std::string str() const { return fmt::format("of {}", placements->size()); }
    bool operator==(const AddPieces& other) const {
        return to == other.to && (placements == other.placements || *placements == *other.placements);
    }
};

Var sum_of_pieces(Graph& graph, std::span<const Var> nodes) {
    const auto placements = std::make_shared<Placements>();
    std::vector<std::uint32_t> inputs;
    for (const Var& var : nodes) {
        const std::uint32_t i = graph.index(var);
        const auto its = graph.inputs(i);
        placements->add(*graph.node(i).info, graph.node(i).op, its.size(), graph.node(i).where);
        inputs.insert(inputs.end(), its.begin(), its.end());
    }
    const AddPieces op{graph.type(graph.index(nodes[0])), placements};
    return graph.var(graph.record(info<AddPieces>(), &op, inputs, {}));
}

} // namespace

void AdjointsInPieces::add(std::uint32_t node, Var first, Var term) {
    std::vector<Var>& terms = terms_[node];
    if (terms.empty()) terms.push_back(first);
    terms.push_back(term);
}

Var AdjointsInPieces::sum(std::uint32_t node, Var only) {
    const auto terms = terms_.extract(node);
    if (!terms) return only;
    detail::caller.where = graph_.node(node).where;
    std::vector<Var> pieces, sums;
    for (const Var& term : terms.mapped())
        ((graph_.node(graph_.index(term)).traits & Node::piece) != 0 ? pieces : sums).push_back(term);
    if (pieces.size() <= few)
        sums = terms.mapped();
    else
        sums.push_back(sum_of_pieces(graph_, pieces));
    Var sum = sums[0];
    for (std::size_t i = 1; i < sums.size(); ++i)
        sum = sum + sums[i];
    return sum;
}

} // namespace xgrad
