#pragma once
// Where the arrays of a small graph lie, and the calls on them; its elementwise ops are in small.cpp.

#include <array>
#include <deque>
#include <span>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/compiler/small.hpp>

namespace xgrad {

/// One call after the other, each on whole arrays that lie end to end.
class SmallCalls {
  protected:
    SmallCalls(const Graph& graph, const CompileRequest& request, const ConstantPart& constants)
        : graph_(graph), request_(request), constants_(constants) {}
    SmallCalls(const SmallCalls&) = delete;
    SmallCalls& operator=(const SmallCalls&) = delete;

    static constexpr std::uint32_t nowhere = ~0u;

    /// Where the elements of a node lie, end to end.
    struct Result {
        std::int64_t offset = 0;
        std::uint32_t base = nowhere;
        std::uint32_t count = 0;   // of elements; 1 where a view shows one many times
        std::uint32_t holder = 0;  // the node whose memory it is: another one for a view
        std::uint32_t readers = 0; // still to come; of a holder also those of its views
        char symbol = 0;           // see symbol_of; of what waits, or is about to
        /// It waits for its one reader, which may compute it in the same call; with so many that wait for each other.
        std::uint8_t waits = 0;
    };

    // --- What there is -----------------------------------------------------------------------------------------------

    std::size_t element(std::uint32_t i) const { return size_of(graph_.node(i).dtype); }
    std::size_t bytes(std::uint32_t i) const { return graph_.shape(i).numel() * element(i); }
    void take_inputs();
    /// What computes an output does so where the output lies.
    void find_outputs();
    /// The node that a view, of a view, shows whole and in its order.
    std::uint32_t seen_through_views(std::uint32_t i) const;

    // --- Memory ------------------------------------------------------------------------------------------------------

    void stand(std::uint32_t node, std::uint32_t base, std::int64_t offset) {
        results_[node].base = base;
        results_[node].offset = offset;
    }
    Place place(std::uint32_t node) const { return {results_[node].base, results_[node].offset, 0}; }

    /// The layout of a node's elements where they lie.
    Layout layout(std::uint32_t node) const {
        const Shape& shape = graph_.shape(node);
        return results_[node].count == shape.numel() ? Layout::contiguous(shape) : Layout{.shape = shape};
    }

    Place allocate(std::size_t bytes) {
        auto& free = free_registers(bytes);
        if (free.empty()) {
            free.push_back(static_cast<std::int64_t>(loop_.register_bytes));
            if constexpr (red_zones) loop_.registers.push_back({loop_.register_bytes, aligned(bytes)});
            loop_.register_bytes += register_room(bytes);
        }
        const std::int64_t offset = free.back();
        free.pop_back();
        return {base_registers, offset, 0};
    }
    std::vector<std::int64_t>& free_registers(std::size_t bytes) { // there are few sizes
        for (auto& [size, list] : free_)
            if (size == aligned(bytes)) return list;
        return free_.emplace_back(aligned(bytes), std::vector<std::int64_t>()).second;
    }
    /// For the next call alone.
    Place temporary(std::size_t bytes) {
        const Place place = allocate(bytes);
        temporaries_.emplace_back(place.offset, bytes);
        return place;
    }

    /// Once a call's result has found its room, so that it does not lie where operands are read.
    template <class Nodes>
    void release(const Nodes& nodes) {
        for (const std::uint32_t node : nodes) {
            const std::uint32_t holder = results_[node].holder;
            Result& r = results_[holder];
            if (--r.readers == 0 && r.base == base_registers)
                free_registers(r.count * element(holder)).push_back(r.offset);
        }
        for (const auto& [offset, bytes] : temporaries_)
            free_registers(bytes).push_back(offset);
        temporaries_.clear();
    }

    // --- Calls -------------------------------------------------------------------------------------------------------

    Instruction& add(Kernel kernel, const char* name, std::uint32_t node, std::size_t cols) {
        Instruction& call = loop_.body.emplace_back();
        call.kernel = kernel;
        call.name = name;
        call.node = node;
        call.op = op_without_attributes();
        call.cols = cols;
        call.out_stride = static_cast<std::int64_t>(cols);
        call.flat = true;
        return call;
    }
    static void read(Instruction& call, const Place& from, std::size_t stride) {
        call.in[call.inputs] = from;
        call.in_stride[call.inputs++] = static_cast<std::int64_t>(stride);
    }
    void write(Instruction& call, std::uint32_t node) {
        if (results_[node].base == nowhere) {
            const Place room = allocate(results_[node].count * element(node));
            stand(node, room.base, room.offset);
        }
        call.out = place(node);
    }

    /// Puts elements in the order in which a layout of them shows them.
    void gather(std::uint32_t node, const Layout& shown, const Place& to) {
        const Pattern pattern = Pattern::of(shown, maps_);
        Instruction& call = add(move_kernels(element(node)).gather, "gather", node, shown.shape.numel());
        call.op = pattern.keep(plan_->attributes);
        Place from = place(node);
        from.offset += pattern.offset * static_cast<std::int64_t>(element(node));
        read(call, from, 0);
        call.out = to;
    }
    Place gathered(std::uint32_t node, const Layout& shown) {
        const Place to = temporary(shown.shape.numel() * element(node));
        gather(node, shown, to);
        return to;
    }
    /// All elements of a node, end to end.
    Place whole(std::uint32_t node) {
        return results_[node].count == graph_.shape(node).numel() ? place(node) : gathered(node, layout(node));
    }

    // --- Nodes whose inputs are computed ---------------------------------------------------------------------------

    bool lower_leaf(std::uint32_t i);
    bool lower_view(std::uint32_t i);
    /// The same memory.
    void share(std::uint32_t i, std::uint32_t input, std::int64_t first, std::uint32_t count);
    void lower_reduction(std::uint32_t i);

    // --- Results -----------------------------------------------------------------------------------------------------

    void take_outputs();
    /// At the end of a call, so that all see the old values: what lies in a leaf is copied before another copy replaces it.
    void take_updates();

    const Graph& graph_;
    const CompileRequest& request_;
    const ConstantPart& constants_;
    std::unique_ptr<Plan> plan_ = std::make_unique<Plan>();
    Loop loop_;
    LargeVector<Result> results_; // of each node
    std::deque<GatherMap> maps_;
    std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> free_; // registers, by their sizes
    std::vector<std::pair<std::int64_t, std::size_t>> temporaries_;
};

} // namespace xgrad
