// Graphs of small arrays: one pass from nodes to calls, one after the other in a loop of one row. Blocks, threads and the order of
// loops would gain nothing there, and such graphs may differ at every step.

#include <algorithm>

#include <xgrad/core/compiler/small_calls.hpp>
#include <xgrad/core/compiler/superinstructions.hpp>

namespace xgrad {
namespace {

class SmallPlanner : SmallCalls {
  public:
    SmallPlanner(const Graph& graph, const CompileRequest& request, const ConstantPart& constants)
        : SmallCalls(graph, request, constants) {}

    std::unique_ptr<Plan> run() {
        if (!count_readers()) return nullptr;
        if (needed_.size() < request_.options.one_pass) return nullptr;
        loop_.rows = 1;
        loop_.body.reserve(needed_.size()); // what is not needed takes no memory but addresses
        take_inputs();
        find_outputs();
        const bool done = std::all_of(needed_.begin(), needed_.end(), [&](std::uint32_t i) { return lower(i); });
        if (done) take_results();
        plan_->register_bytes = loop_.register_bytes;
        plan_->steps.push_back({PlanStep::Kind::loop, 0});
        plan_->loops.push_back(std::move(loop_));
        return done ? std::move(plan_) : nullptr;
    }

  private:
    static constexpr std::size_t most_elements = 1024;

    void take_results() {
        compute_all(request_.outputs);
        for (const auto& [leaf, next] : request_.updates)
            compute(next);
        take_outputs();
        take_updates();
    }

    /// From the last node to the first; false if one does not belong here.
    bool count_readers() {
        std::uint32_t top = 0;
        for (const std::uint32_t i : request_.outputs)
            top = std::max(top, i + 1);
        for (const auto& [leaf, next] : request_.updates)
            top = std::max({top, leaf + 1, next + 1});
        results_.resize(top);
        for (const std::uint32_t i : request_.outputs)
            ++results_[i].readers;
        for (const auto& [leaf, next] : request_.updates)
            ++results_[leaf].readers, ++results_[next].readers;
        std::uint32_t shape = nowhere; // most nodes are of one shape
        std::size_t count = 0;
        const bool any_constants = !constants_.nodes().empty();
        for (std::uint32_t i = top; i-- > 0;) {
            Result& r = results_[i];
            if (r.readers == 0) continue;
            const OpInfo& info = *graph_.node(i).info;
            const bool is_constant = any_constants && constants_.has(i);
            if (graph_.node(i).shape != shape) shape = graph_.node(i).shape, count = graph_.shape(i).numel();
            if (count == 0 || count > most_elements ||
                !(info.elementwise || info.view || info.reduction || graph_.leaf(i) || graph_.scalar(i) || is_constant))
                return false;
            r.count = static_cast<std::uint32_t>(count);
            r.holder = i;
            if (is_constant) continue;
            for (const std::uint32_t input : graph_.inputs(i))
                ++results_[input].readers;
        }
        for (std::uint32_t i = 0; i < top; ++i)
            if (results_[i].readers != 0) needed_.push_back(i);
        if (any_constants) std::erase_if(needed_, [&](std::uint32_t i) { return constants_.has(i); });
        return true;
    }

    bool lower(std::uint32_t i) {
        const OpInfo& info = *graph_.node(i).info;
        if (info.elementwise) {
            lower_elementwise(i);
            return true;
        }
        compute_all(graph_.inputs(i));
        if (info.view) return lower_view(i);
        if (info.reduction) {
            lower_reduction(i);
            return true;
        }
        return lower_leaf(i);
    }

    void lower_elementwise(std::uint32_t i) {
        const Node& node = graph_.node(i);
        const char symbol = symbol_of(*node.info, graph_.node(graph_.inputs(i)[0]).dtype, node.dtype);
        if (symbol != 0 && !broadcasts(i)) {
            Result& r = results_[i];
            r.symbol = symbol;
            const std::uint8_t depth = depth_of_waiting(i);
            if (depth != 0 && lower_superinstruction(i)) return;
            // An output is read by nothing that could compute it as well.
            if (r.readers == 1 && r.base == nowhere) {
                if (depth == deepest) compute_all(graph_.inputs(i));
                r.waits = depth == deepest ? 1 : static_cast<std::uint8_t>(depth + 1);
                return;
            }
        }
        lower_single(i);
    }

    /// How many inputs wait, one for another, at most.
    std::uint8_t depth_of_waiting(std::uint32_t i) const {
        std::uint8_t depth = 0;
        for (const std::uint32_t x : graph_.inputs(i))
            depth = std::max(depth, results_[x].waits);
        return depth;
    }

    /// Whether it reads what is neither of its size nor one number.
    bool broadcasts(std::uint32_t i) const {
        for (const std::uint32_t x : graph_.inputs(i))
            if (results_[x].count != results_[i].count && results_[x].count != 1) return true;
        return false;
    }

    /// By itself, if it waits.
    void compute(std::uint32_t i) {
        if (results_[i].waits == 0) return;
        results_[i].waits = 0;
        lower_single(i);
    }

    void compute_all(std::span<const std::uint32_t> nodes) {
        for (const std::uint32_t i : nodes)
            compute(i);
    }

    void lower_single(std::uint32_t i) {
        const Node& node = graph_.node(i);
        const ElementwiseForm& form = *node.info->elementwise;
        const auto inputs = graph_.inputs(i);
        const auto& kernels = form.kernels[static_cast<std::size_t>(graph_.node(inputs[form.masked ? 1 : 0]).dtype)];
        compute_all(inputs);
        unsigned spread = 0, broadcast = 0;
        for (std::size_t k = 0; k < inputs.size(); ++k)
            if (results_[inputs[k]].count != results_[i].count)
                (results_[inputs[k]].count == 1 ? spread : broadcast) |= 1u << k;
        if (!kernels[spread]) broadcast |= spread, spread = 0;
        std::array<Place, 3> places;
        for (std::size_t k = 0; k < inputs.size(); ++k)
            places[k] = broadcast >> k & 1 ? gathered(inputs[k], layout(inputs[k]).broadcast_to(graph_.shape(i)))
                                           : place(inputs[k]);
        Instruction& call = add(kernels[spread], node.info->name, i, results_[i].count);
        call.op = plan_->keep(*node.info, node.op);
        for (std::size_t k = 0; k < inputs.size(); ++k)
            read(call, places[k], spread >> k & 1 ? 0 : call.cols);
        write(call, i);
        release(inputs);
    }

    // --- Superinstructions -------------------------------------------------------------------------------------------

    static constexpr std::uint8_t deepest = 2; // so many statements, one in the other, are below the last of a formula

    bool spreads(std::uint32_t input, std::uint32_t i) const { return results_[input].count != results_[i].count; }

    /// What waits, as the matcher sees it.
    struct Waiting {
        using Id = std::uint32_t;
        using Operand = std::uint32_t;
        const SmallPlanner& planner;
        char symbol(std::uint32_t i) const { return planner.results_[i].symbol; }
        std::size_t reads(std::uint32_t i) const { return planner.graph_.inputs(i).size(); }
        std::uint32_t read(std::uint32_t i, std::size_t k) const { return planner.graph_.inputs(i)[k]; }
        bool producer(std::uint32_t reader, std::uint32_t x, std::uint32_t& result) const {
            result = x;
            return planner.results_[x].waits != 0 && !planner.spreads(x, reader);
        }
    };

    bool lower_superinstruction(std::uint32_t i) {
        const Waiting waiting{*this};
        FormulaMatcher<Waiting> matcher(waiting, false); // updates are copies
        Kernel kernel = nullptr;
        const std::size_t type = graph_.node(i).dtype == DType::float32 ? 0 : 1;
        const Superinstruction* row = matcher.find(i, [&](const Superinstruction& candidate, const auto& match) {
            reads_.assign(match.reads().begin(), match.reads().end());
            unsigned spread = 0;
            for (std::size_t k = 0; k < reads_.size(); ++k)
                spread |= static_cast<unsigned>(spreads(reads_[k], i)) << k;
            kernel = candidate.kernels[type][spread];
            return kernel != nullptr;
        });
        if (!row) return false;
        compute_all(reads_); // which chooses no superinstruction
        Instruction& call = add(kernel, row->name, i, results_[i].count);
        for (const std::uint32_t x : reads_)
            read(call, place(x), spreads(x, i) ? 0 : call.cols);
        write(call, i);
        release(reads_);
        return true;
    }

    std::vector<std::uint32_t> needed_; // nodes, inputs before uses
    std::vector<std::uint32_t> reads_;  // of a superinstruction
};

} // namespace

std::unique_ptr<Plan> plan_small(const Graph& graph, const CompileRequest& request, const ConstantPart& constants) {
    return SmallPlanner(graph, request, constants).run();
}

} // namespace xgrad
