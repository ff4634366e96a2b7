// Graphs of small arrays: one pass from nodes to calls, one after the other in a loop of one row. Blocks, threads and the order of
// loops would gain nothing there, and such graphs may differ at every step.

#include <algorithm>

#include <xgrad/core/compiler/small_calls.hpp>

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
        const char op = node.info->arithmetic != 0 ? node.info->arithmetic : node.info->power;
        Result& r = results_[i];
        if ((node.info->arithmetic != 0 || op == '2') && is_floating(node.dtype) && !broadcasts(i)) {
            if (op != '2' && lower_joint(i, op)) return;
            // An output is read by nothing that could compute it as well.
            if (r.readers == 1 && r.base == nowhere) {
                for (const std::uint32_t x : graph_.inputs(i)) // a product may read a square that waits
                    if (op != '*' || results_[x].waits != '2') compute(x);
                r.waits = op;
                return;
            }
        }
        lower_single(i);
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

    // --- Two operations of arithmetic, or three, in one call (see JointKernels) --------------------------------------

    bool spreads(std::uint32_t input, std::uint32_t i) const { return results_[input].count != results_[i].count; }
    /// What the input is, if it waits and is of the same size, or 0.
    char waiting(std::uint32_t input, std::uint32_t i) const { return spreads(input, i) ? 0 : results_[input].waits; }
    const JointKernels& kernels(std::uint32_t i) const {
        return graph_.node(i).dtype == DType::float32 ? of_float_ : of_double_;
    }

    bool lower_joint(std::uint32_t i, char op) {
        const std::uint32_t left = graph_.inputs(i)[0], right = graph_.inputs(i)[1];
        const char on_the_left = waiting(left, i), on_the_right = waiting(right, i);
        if (on_the_left == '*' && on_the_right == '*' && (op == '+' || op == '-') && lower_products(i, op, left, right))
            return true;
        if (on_the_left != 0 && on_the_left != '2') return lower_pair(i, left, on_the_left, op, right);
        if (on_the_right == 0 || on_the_right == '2') return false;
        return lower_pair(i, right, on_the_right, JointKernels::turned(op), left);
    }

    /// What a joint call reads: two operands of one op, of which, if they may change places, the first is the one that is spread.
    void add_two(std::uint32_t i, std::span<const std::uint32_t> nodes, bool commute = true) {
        compute_all(nodes);
        const bool turned = commute && spreads(nodes[1], i);
        reads_.push_back(nodes[turned ? 1 : 0]);
        reads_.push_back(nodes[turned ? 0 : 1]);
    }

    void add_one(std::uint32_t node) {
        compute(node);
        reads_.push_back(node);
    }

    unsigned spread(std::uint32_t i) const {
        unsigned mask = 0;
        for (std::size_t k = 0; k < reads_.size(); ++k)
            mask |= static_cast<unsigned>(spreads(reads_[k], i)) << k;
        return mask;
    }

    bool lower_pair(std::uint32_t i, std::uint32_t first, char f, char g, std::uint32_t other) {
        reads_.clear();
        add_two(i, graph_.inputs(first), f == '+' || f == '*');
        add_one(other);
        const Kernel kernel = kernels(i).pair(f, g, spread(i));
        if (!kernel) return false;
        add_joint(i, kernel, joint_name(f, g));
        return true;
    }

    bool lower_products(std::uint32_t i, char op, std::uint32_t left, std::uint32_t right) {
        std::uint32_t square = op == '+' ? square_in(right) : nowhere;
        if (square == nowhere && op == '+' && (square = square_in(left)) != nowhere) std::swap(left, right);
        reads_.clear();
        add_two(i, graph_.inputs(left));
        if (square == nowhere) {
            add_two(i, graph_.inputs(right));
        } else {
            const auto its = graph_.inputs(right);
            add_one(its[0] == square ? its[1] : its[0]);
            add_one(graph_.inputs(square)[0]);
        }
        const Kernel kernel = square == nowhere ? kernels(i).products(op, spread(i))
                                                : kernels(i).sum_with_square(spread(i));
        if (!kernel) return false;
        add_joint(i, kernel, square != nowhere ? "a*b+c*d^2" : op == '+' ? "a*b+c*d" : "a*b-c*d");
        return true;
    }

    /// A square that waits for the product.
    std::uint32_t square_in(std::uint32_t product) const {
        for (const std::uint32_t x : graph_.inputs(product))
            if (waiting(x, product) == '2') return x;
        return nowhere;
    }

    void add_joint(std::uint32_t i, Kernel kernel, const char* name) {
        Instruction& call = add(kernel, name, i, results_[i].count);
        for (const std::uint32_t x : reads_)
            read(call, place(x), spreads(x, i) ? 0 : call.cols);
        write(call, i);
        release(reads_);
    }

    std::vector<std::uint32_t> needed_; // nodes, inputs before uses
    const JointKernels &of_float_ = joint_kernels(true), &of_double_ = joint_kernels(false);
    std::vector<std::uint32_t> reads_; // of a joint call
};

} // namespace

std::unique_ptr<Plan> plan_small(const Graph& graph, const CompileRequest& request, const ConstantPart& constants) {
    return SmallPlanner(graph, request, constants).run();
}

} // namespace xgrad
