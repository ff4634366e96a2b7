#pragma once
// What nodes are to their readers while they become statements.

#include <xgrad/core/compiler/ir.hpp>

namespace xgrad {

/// Most nodes are a value of their own, as it lies; of the others the layout is kept, if they are not simply one number
/// that is shown in all places.
class ShownNodes {
  public:
    explicit ShownNodes(LoopIR& ir) : ir_(ir), graph_(ir.graph), shown_(&graph_.scratch), layouts_(&graph_.scratch) {}
    void resize(std::size_t nodes) { shown_.resize(nodes); }
    std::size_t size() const { return shown_.size(); }

    void show(std::uint32_t node, ValueId value) { shown_[node] = {value, dense, graph_.node(node).shape}; }
    void show_number(std::uint32_t node, ValueId value) { shown_[node] = {value, number, graph_.node(node).shape}; }
    void show(std::uint32_t node, const View& view) {
        shown_[node] = {view.value, static_cast<std::uint32_t>(layouts_.size()), graph_.node(node).shape};
        layouts_.push_back(view.layout);
    }

    /// Whether the program has it.
    bool has(std::uint32_t node) const { return shown_[node].value != no_value; }
    ValueId value(std::uint32_t node) const { return shown_[node].value; }
    View view(std::uint32_t node) const {
        const Shown& shown = shown_[node];
        const Shape& shape = graph_.shape(node);
        return {shown.value, shown.layout == dense    ? Layout::contiguous(shape)
                             : shown.layout == number ? Layout{.shape = shape}
                                                      : layouts_[shown.layout]};
    }
    /// Whether it shows one element of memory, in one place or in many.
    bool is_number(std::uint32_t node) const { return ir_.values[shown_[node].value].numel == 1; }

    /// How nearly all reads over a space are: of what is dense or one number, which needs no pattern of its own.
    struct SimplePatterns {
        std::size_t numel = 0;
        std::uint32_t dense = none, number = none; // Read::how
        static constexpr std::uint32_t none = ~0u;
    };
    /// Of an interned shape.
    SimplePatterns simple_patterns(std::uint32_t shape) {
        return shape < simple_.size() && simple_[shape].dense != SimplePatterns::none ? simple_[shape]
                                                                                      : add_simple_patterns(shape);
    }
    /// Of a node over a space, whose patterns these are. False if it is not as simple.
    bool read_simply(std::uint32_t node, std::uint32_t space, const SimplePatterns& simple, Statement& by) const {
        const Shown& shown = shown_[node];
        if (shown.layout == dense && shown.shape == space)
            by.add_read({shown.value, simple.dense});
        else if (is_number(node))
            by.add_read({shown.value, simple.number});
        else
            return false;
        return true;
    }
    /// All of a node in its order.
    Read read(std::uint32_t node) {
        const SimplePatterns simple = simple_patterns(shown_[node].shape);
        if (shown_[node].layout == dense) return {shown_[node].value, simple.dense};
        if (is_number(node)) return {shown_[node].value, simple.number};
        return read(view(node), graph_.shape(node));
    }
    /// `whole`: at once, not row by row.
    Read read(const View& view, const Shape& space, bool whole = false) {
        Pattern pattern = Pattern::of(view.layout.broadcast_to(space), ir_.maps);
        pattern.whole = whole;
        const bool all = pattern.dense() && pattern.count == ir_.values[view.value].numel;
        ir_.patterns.push_back(pattern);
        const auto last = static_cast<std::uint32_t>(ir_.patterns.size() - 1);
        return {view.value, last | (all ? Read::dense_bit : 0)};
    }

  private:
    struct Shown {
        ValueId value = no_value;
        std::uint32_t layout = dense;
        std::uint32_t shape = 0; // of the node, as the graph has it
    };
    static constexpr std::uint32_t dense = ~0u, number = ~1u;

    SimplePatterns add_simple_patterns(std::uint32_t shape) {
        if (shape >= simple_.size()) simple_.resize(shape + 1);
        const std::size_t numel = graph_.interned_shape(shape).numel();
        const auto next = static_cast<std::uint32_t>(ir_.patterns.size());
        ir_.patterns.push_back(Pattern::of_dense(numel));
        ir_.patterns.push_back(Pattern::of_number(numel));
        return simple_[shape] = {numel, next | Read::dense_bit, (next + 1) | (numel == 1 ? Read::dense_bit : 0)};
    }

    LoopIR& ir_;
    const Graph& graph_;
    ScratchVector<Shown> shown_;
    ScratchVector<Layout> layouts_;
    std::vector<SimplePatterns> simple_; // of each shape
};

} // namespace xgrad
