// Graphs of small arrays: one pass from nodes to calls, one after the other in a loop of one row. Blocks, threads and the order of
// loops would gain nothing there, and such graphs may differ at every step.

#include <xgrad/core/small.hpp>

#include <algorithm>
#include <deque>

#include <xgrad/core/emit.hpp>

namespace xgrad {
namespace {

class SmallPlanner {
  public:
    SmallPlanner(const Graph& graph, const Order& order, std::vector<std::uint32_t>& needed)
        : graph_(graph), order_(order), needed_(needed), results_(Spare<Result>::take()) {}
    ~SmallPlanner() { Spare<Result>::give(results_); }

    std::unique_ptr<Plan> run() {
        if (!count_readers()) return nullptr;
        if (needed_.size() < order_.options.one_pass) return nullptr;
        loop_.rows = 1;
        loop_.body = Spare<Instruction>::take();
        loop_.body.reserve(needed_.size() + needed_.size() / 4);
        take_inputs();
        find_outputs();
        const bool done = std::all_of(needed_.begin(), needed_.end(), [&](std::uint32_t i) { return lower(i); });
        if (done) take_outputs(), take_updates();
        plan_->register_bytes = loop_.register_bytes;
        plan_->steps.push_back({PlanStep::Kind::loop, 0});
        plan_->loops.push_back(std::move(loop_));
        return done ? std::move(plan_) : nullptr;
    }

  private:
    static constexpr std::size_t most_elements = 1024;
    static constexpr std::uint32_t nowhere = ~0u;

    /// Where the elements of a node lie, end to end.
    struct Result {
        std::int64_t offset = 0;
        std::uint32_t base = nowhere;
        std::uint32_t count = 0;   // of elements; 1 where a view shows one many times
        std::uint32_t holder = 0;  // the node whose memory it is: another one for a view
        std::uint32_t readers = 0; // still to come; of a holder also those of its views
        char waits = 0; // an op, or '2', a square, that waits for its one reader, which may compute it in the same call
    };

    // --- What there is ---------------------------------------------------------------------------------------------

    /// From the last node to the first; false if one does not belong here.
    bool count_readers() {
        std::uint32_t top = 0;
        for (const std::uint32_t i : order_.outputs)
            top = std::max(top, i + 1);
        for (const auto& [leaf, next] : order_.updates)
            top = std::max({top, leaf + 1, next + 1});
        results_.resize(top);
        for (const std::uint32_t i : order_.outputs)
            ++results_[i].readers;
        for (const auto& [leaf, next] : order_.updates)
            ++results_[leaf].readers, ++results_[next].readers;
        std::uint32_t shape = nowhere; // most nodes are of one shape
        std::size_t count = 0;
        for (std::uint32_t i = top; i-- > 0;) {
            Result& r = results_[i];
            if (r.readers == 0) continue;
            const OpInfo& info = *graph_.node(i).info;
            if (graph_.node(i).shape != shape) shape = graph_.node(i).shape, count = graph_.shape(i).numel();
            if (count == 0 || count > most_elements ||
                !(info.elementwise || info.view || info.reduction || graph_.leaf(i) || graph_.scalar(i)))
                return false;
            r.count = static_cast<std::uint32_t>(count);
            r.holder = i;
            for (const std::uint32_t input : graph_.inputs(i))
                ++results_[input].readers;
        }
        for (std::uint32_t i = 0; i < top; ++i)
            if (results_[i].readers != 0) needed_.push_back(i);
        return true;
    }

    std::size_t element(std::uint32_t i) const { return size_of(graph_.node(i).dtype); }
    std::size_t bytes(std::uint32_t i) const { return graph_.shape(i).numel() * element(i); }

    void take_inputs() {
        for (const std::uint32_t i : order_.inputs) {
            const std::uint32_t base = plan_->bases++;
            plan_->inputs.push_back({graph_.type(i), graph_.leaf(i)->name, base});
            if (i < results_.size()) results_[i].base = base;
        }
    }

    /// What computes an output does so where the output lies.
    void find_outputs() {
        for (const std::uint32_t i : order_.outputs) {
            const auto offset = static_cast<std::int64_t>(plan_->output_bytes);
            plan_->outputs.push_back({graph_.type(i), plan_->output_bytes});
            plan_->output_bytes += aligned(bytes(i) + 64);
            const std::uint32_t holder = seen_through_views(i);
            const OpInfo* info = graph_.node(holder).info;
            if (!info->view && (info->elementwise || info->reduction) && results_[holder].base == nowhere)
                stand(holder, base_outputs, offset);
        }
    }

    /// The node that a view, of a view, shows whole and in its order.
    std::uint32_t seen_through_views(std::uint32_t i) const {
        while (graph_.node(i).info->view && !graph_.node(i).info->waits) {
            const std::uint32_t input = graph_.inputs(i)[0];
            Layout out{.shape = graph_.shape(i)};
            if (!graph_.node(i).info->view(graph_.node(i).op, Layout::contiguous(graph_.shape(input)), out) ||
                !out.is_contiguous() || out.shape.numel() != graph_.shape(input).numel())
                break;
            i = input;
        }
        return i;
    }

    // --- Memory ----------------------------------------------------------------------------------------------------

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

    // --- Calls -----------------------------------------------------------------------------------------------------

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

    // --- From nodes to calls ---------------------------------------------------------------------------------------

    bool lower(std::uint32_t i) {
        const OpInfo& info = *graph_.node(i).info;
        if (info.elementwise) {
            lower_elementwise(i);
            return true;
        }
        if (info.view) return lower_view(i);
        if (info.reduction) {
            lower_reduction(i);
            return true;
        }
        if (const Scalar* number = graph_.scalar(i)) {
            stand(i, base_numbers, static_cast<std::int64_t>(plan_->numbers.size()));
            plan_->numbers.insert(plan_->numbers.end(), number->bytes.begin(), number->bytes.end());
            return true;
        }
        if (!graph_.leaf(i)) return false;
        if (results_[i].base != nowhere) return true; // an input
        if (!graph_.leaf(i)->buffer) return false;    // one that is not given
        stand(i, plan_->bases, 0);
        plan_->leaves.emplace_back(plan_->bases++, graph_.shared_leaf(i));
        return true;
    }

    bool lower_view(std::uint32_t i) {
        const std::uint32_t input = graph_.inputs(i)[0];
        const Node& node = graph_.node(i);
        Layout shown{.shape = graph_.shape(i)};
        compute(input);
        if (node.info->waits || !node.info->view(node.op, layout(input), shown)) return false;
        Layout from_first = shown;
        from_first.offset = 0;
        if (results_[input].count == 1)
            share(i, input, 0, 1);
        else if (from_first.is_contiguous())
            share(i, input, shown.offset, results_[i].count);
        else {
            const Place room = allocate(bytes(i));
            stand(i, room.base, room.offset);
            gather(input, shown, room);
            release(graph_.inputs(i));
        }
        return true;
    }
    /// The same memory.
    void share(std::uint32_t i, std::uint32_t input, std::int64_t first, std::uint32_t count) {
        Result& r = results_[i];
        const Result& of = results_[input];
        r.base = of.base;
        r.offset = of.offset + first * static_cast<std::int64_t>(element(i));
        r.count = count;
        r.holder = of.holder;
        results_[r.holder].readers += r.readers - 1;
    }

    void lower_reduction(std::uint32_t i) {
        const Node& node = graph_.node(i);
        const std::uint32_t input = graph_.inputs(i)[0];
        compute(input);
        const ReducedAxes axes(graph_.shape(input), *node.info->axes(node.op));
        using Kind = ReducedAxes::Kind;
        if (axes.kind == Kind::none && results_[i].base == nowhere) return share(i, input, 0, results_[input].count);
        const ReductionForm& form = *node.info->reduction;
        const auto dtype = static_cast<std::size_t>(node.dtype);
        if (axes.kind == Kind::none)
            gather(input, layout(input), place(i));
        else if (axes.kind == Kind::rows) {
            const Place x = axes.in_order ? whole(input) : gathered(input, reduced_last(layout(input), axes.reduced));
            Instruction& call = add(form.rows[dtype], node.info->name, i, axes.gone);
            call.flat = false;
            call.subrows = axes.kept;
            call.out_stride = 1;
            read(call, x, axes.gone);
            write(call, i);
        } else {
            const bool columns = axes.kind == Kind::columns;
            const Place x = whole(input), sums = temporary(axes.kept * form.accumulator_bytes[dtype]);
            add(form.start[dtype], node.info->name, i, axes.kept).out = sums;
            Instruction& call = add((columns ? form.columns : form.all)[dtype], node.info->name, i,
                                    columns ? axes.kept : axes.gone);
            call.flat = !columns;
            call.subrows = columns ? axes.gone : 1;
            read(call, x, call.cols);
            call.out = sums;
            Instruction& last = add(form.finish[dtype], node.info->name, i, axes.kept);
            read(last, sums, 0);
            write(last, i);
        }
        release(graph_.inputs(i));
    }

    void lower_elementwise(std::uint32_t i) {
        const Node& node = graph_.node(i);
        const char op = node.info->arithmetic != 0 ? node.info->arithmetic : node.info->power;
        Result& r = results_[i];
        if ((node.info->arithmetic != 0 || op == '2') && is_floating(node.dtype) && !broadcasts(i)) {
            if (op != '2' && lower_joint(i, op)) return;
            if (r.readers == 1 && r.base == nowhere) {
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

    // --- Two operations of arithmetic, or three, in one call (see JointKernels) ------------------------------------

    bool spreads(std::uint32_t input, std::uint32_t i) const { return results_[input].count != results_[i].count; }
    /// What the input is, if it waits and is of the same size, or 0.
    char waiting(std::uint32_t input, std::uint32_t i) const { return spreads(input, i) ? 0 : results_[input].waits; }
    const JointKernels& kernels(std::uint32_t i) const {
        return graph_.node(i).dtype == DType::float32 ? of_float_ : of_double_;
    }

    bool lower_joint(std::uint32_t i, char op) {
        const std::uint32_t left = graph_.inputs(i)[0], right = graph_.inputs(i)[1];
        const char on_the_left = waiting(left, i), on_the_right = waiting(right, i);
        if (on_the_left == '*' && on_the_right == '*' && (op == '+' || op == '-')) {
            lower_products(i, op, left, right);
            return true;
        }
        if (on_the_left != 0 && on_the_left != '2') return lower_pair(i, left, on_the_left, op, right);
        if (on_the_right == 0 || on_the_right == '2') return false;
        return lower_pair(i, right, on_the_right, op == '-' ? 'r' : op == '/' ? 'd' : op, left);
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
        results_[first].waits = 0;
        add_joint(i, kernel, joint_name(f, g));
        return true;
    }

    void lower_products(std::uint32_t i, char op, std::uint32_t left, std::uint32_t right) {
        results_[left].waits = results_[right].waits = 0;
        std::uint32_t square = op == '+' ? square_in(right) : nowhere;
        if (square == nowhere && op == '+' && (square = square_in(left)) != nowhere) std::swap(left, right);
        reads_.clear();
        add_two(i, graph_.inputs(left));
        if (square == nowhere) {
            add_two(i, graph_.inputs(right));
            return add_joint(i, kernels(i).products(op, spread(i)), op == '+' ? "a*b+c*d" : "a*b-c*d");
        }
        results_[square].waits = 0;
        const auto its = graph_.inputs(right);
        add_one(its[0] == square ? its[1] : its[0]);
        add_one(graph_.inputs(square)[0]);
        add_joint(i, kernels(i).sum_with_square(spread(i)), "a*b+c*d^2");
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

    // --- Results ---------------------------------------------------------------------------------------------------

    void take_outputs() {
        for (std::size_t k = 0; k < order_.outputs.size(); ++k) {
            const std::uint32_t i = order_.outputs[k];
            const auto offset = static_cast<std::int64_t>(plan_->outputs[k].offset);
            compute(i);
            if (results_[i].base != base_outputs || results_[i].offset != offset)
                gather(i, layout(i), {base_outputs, offset, 0});
        }
    }

    /// At the end of a call, so that all see the old values: what lies in a leaf is copied before another copy replaces it.
    void take_updates() {
        for (const auto& [leaf, next] : order_.updates) {
            compute(next);
            const bool leafs = results_[next].base >= first_free_base;
            const Place from = leafs ? gathered(next, layout(next)) : whole(next);
            temporaries_.clear(); // kept
            plan_->copies.push_back({from, place(leaf), bytes(next)});
        }
    }

    const Graph& graph_;
    const Order& order_;
    const JointKernels &of_float_ = joint_kernels(true), &of_double_ = joint_kernels(false);
    std::vector<std::uint32_t>& needed_;
    std::unique_ptr<Plan> plan_ = std::make_unique<Plan>();
    Loop loop_;
    LargeVector<Result> results_; // of each node
    std::deque<GatherMap> maps_;
    std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> free_; // registers, by their sizes
    std::vector<std::pair<std::int64_t, std::size_t>> temporaries_;
    std::vector<std::uint32_t> reads_; // of a joint call
};

} // namespace

std::unique_ptr<Plan> plan_small(const Graph& graph, const Order& order, std::vector<std::uint32_t>& needed) {
    return SmallPlanner(graph, order, needed).run();
}

} // namespace xgrad
