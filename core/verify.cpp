// Translation validation: what a plan computes, element by element, against the graph that it was made from.

#include <xgrad/core/verify.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include <xgrad/core/pattern.hpp>
#include <xgrad/core/verify_memory.hpp>

namespace xgrad {
namespace {

/// Plans of more calls than this are taken on trust: the check costs some microseconds for each.
constexpr std::size_t most_calls = 20000;

/// Element i of an iteration, traced to an element of `node`: each layout says which element of an input an element of its reader is.
struct Ref {
    std::uint32_t node;
    std::vector<Layout> path;

    std::size_t element(std::size_t i) const {
        for (const Layout& l : path) {
            auto at = l.offset;
            for (std::size_t axis = l.shape.rank(); axis-- > 0; i /= l.shape[axis])
                at += static_cast<std::int64_t>(i % l.shape[axis]) * l.strides[axis];
            i = static_cast<std::size_t>(at);
        }
        return i;
    }
};

/// What a kernel that joins several ops computes, in postfix: letters are its operands, 'u' a cast of bytes, '2' a square, 'v' a
/// square root.
struct Formula {
    std::string postfix;
    unsigned spread = 0; // bit k: operand k is one element for each row
    bool single = true;  // float32
};

std::unordered_map<Kernel, Formula> make_formulas() {
    std::unordered_map<Kernel, Formula> all;
    for (const bool single : {true, false}) {
        const JointKernels& joint = joint_kernels(single);
        auto add = [&](Kernel kernel, std::string postfix, unsigned spread) {
            if (kernel) all[kernel] = {std::move(postfix), spread, single};
        };
        auto with = [](const std::string& first, char op, const std::string& other) {
            return op == 'r' ? other + first + '-' : op == 'd' ? other + first + '/' : first + other + op;
        };
        for (unsigned spread = 0; spread < 16; ++spread) {
            for (const char op : {'+', '-'})
                add(joint.products(op, spread), std::string("ab*cd*") + op, spread);
            add(joint.sum_with_square(spread), "ab*cd2*+", spread);
            if (spread >= 8) continue;
            for (const char f : {'+', '-', '*', '/'})
                for (const char g : {'+', '-', '*', 'r', '/', 'd'})
                    add(joint.pair(f, g, spread), with(std::string("ab") + f, g, "c"), spread);
            add(joint.quotient_with_root(spread), "cabv+/", spread);
            if (spread >= 4) continue;
            for (const char op : {'+', '-', '*', 'r', '/', 'd'})
                add(joint.of_bytes(op, spread), with("au", op, "b"), spread);
        }
        add(joint.add_quotient_with_root, "eadbcv+/*+", 0b11);
        const NarrowKernels& narrow = narrow_kernels(single);
        add(narrow.product, "a", 0), add(narrow.bytes.product, "au", 0), add(narrow.scaled_bytes.product, "aud*", 8);
        add(narrow.accumulate, "a", 0), add(narrow.bytes.accumulate, "au", 0);
        add(narrow.scaled_bytes.accumulate, "auc*", 4);
    }
    return all;
}

const Formula* formula_of(Kernel kernel) {
    static const std::unordered_map<Kernel, Formula> all = make_formulas();
    const auto it = all.find(kernel);
    return it == all.end() ? nullptr : &it->second;
}

class Verifier {
  public:
    Verifier(const Graph& graph, const Order& order, const Plan& plan) : graph_(graph), order_(order), plan_(plan) {}

    void run() {
        place_leaves();
        for (const PlanStep& step : plan_.steps) {
            where_ = fmt::format("step {}", &step - plan_.steps.data());
            switch (step.kind) {
            case PlanStep::Kind::loop: run(plan_.loops[step.index]); break;
            case PlanStep::Kind::product: run(plan_.products[step.index]); break;
            case PlanStep::Kind::opaque: run(plan_.opaques[step.index]); break;
            }
        }
        where_ = "the copies at the end";
        for (const Copy& copy : plan_.copies) {
            const Stretch* from = memory_.find(copy.from.base, copy.from.offset);
            require(from && from->begin == copy.from.offset && from->content.bytes() == copy.bytes,
                    "a copy of no known array");
            write(copy.to.base, copy.to.offset, from->content);
        }
        require_results();
    }

  private:
    using Content = verify_memory::Content;
    using Stretch = verify_memory::Stretch;
    using Reading = verify_memory::Reading;
    using Shown = verify_memory::Shown;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(fmt::format("compile: the plan is wrong in {}: {}. This is a defect of xgrad; please report the "
                                "program",
                                where_, what),
                    node_ == ~0u ? Location{} : graph_.node(node_).where);
    }
    void require(bool holds, const char* what) const {
        if (!holds) fail(what);
    }

    // --- The graph -------------------------------------------------------------------------------------------------

    /// One step towards what lies in memory: from a view to its input.
    bool look_through(Ref& ref) const {
        const OpInfo& info = *graph_.node(ref.node).info;
        const auto inputs = graph_.inputs(ref.node);
        if (info.view) {
            Layout out{.shape = graph_.shape(ref.node)};
            if (!info.view(graph_.node(ref.node).op, Layout::contiguous(graph_.shape(inputs[0])), out)) return false;
            ref.path.push_back(out);
        } else if (!info.reduction || ReducedAxes(graph_.shape(inputs[0]), *info.axes(graph_.node(ref.node).op)).kind !=
                                          ReducedAxes::Kind::none)
            return false;
        ref.node = inputs[0];
        return true;
    }

    /// An input of an elementwise node, in the space of that node.
    Ref operand_of(std::uint32_t node, std::size_t k, std::vector<Layout> path = {}) const {
        const std::uint32_t input = graph_.inputs(node)[k];
        path.push_back(Layout::contiguous(graph_.shape(input)).broadcast_to(graph_.shape(node)));
        return {input, std::move(path)};
    }

    bool is(std::uint32_t node, char op) const {
        const OpInfo& info = *graph_.node(node).info;
        if (op == '2' || op == 'v') return info.power == op;
        if (op == 'u') return info.power == 'c' && graph_.node(graph_.inputs(node)[0]).dtype == DType::uint8;
        return info.arithmetic == op;
    }

    // --- Memory ----------------------------------------------------------------------------------------------------

    void place_leaves() {
        std::unordered_map<const Leaf*, std::uint32_t> nodes;
        std::vector<std::uint32_t> numbers;
        std::vector<std::uint32_t> open(order_.outputs);
        for (const auto& [leaf, next] : order_.updates)
            open.push_back(leaf), open.push_back(next);
        std::vector<char> seen(graph_.size());
        while (!open.empty()) {
            const std::uint32_t node = open.back();
            open.pop_back();
            if (std::exchange(seen[node], 1)) continue;
            if (const Leaf* leaf = graph_.leaf(node)) nodes[leaf] = node;
            if (graph_.scalar(node)) numbers.push_back(node);
            for (const std::uint32_t input : graph_.inputs(node))
                open.push_back(input);
        }
        where_ = "its leaves";
        for (std::size_t i = 0; i < plan_.inputs.size(); ++i)
            write(plan_.inputs[i].base, 0, array(order_.inputs[i]));
        for (const auto& [base, leaf] : plan_.leaves) {
            require(nodes.contains(leaf.get()), "a leaf that is not asked for");
            write(base, 0, array(nodes[leaf.get()]));
            base_of_[nodes[leaf.get()]] = base;
        }
        constexpr std::size_t room = sizeof(Scalar::bytes);
        for (std::size_t at = 0; at + room <= plan_.numbers.size(); at += room)
            for (const std::uint32_t node : numbers)
                if (std::equal(plan_.numbers.begin() + static_cast<std::ptrdiff_t>(at),
                               plan_.numbers.begin() + static_cast<std::ptrdiff_t>(at + room),
                               graph_.scalar(node)->bytes.begin()))
                    memory_.write(base_numbers, static_cast<std::int64_t>(at),
                                  {.node = node, .count = 1, .element_bytes = room});
    }

    Content array(std::uint32_t node) const {
        return {.node = node, .count = graph_.shape(node).numel(), .element_bytes = size_of(graph_.node(node).dtype)};
    }

    void write(std::uint32_t base, std::int64_t offset, Content content) {
        const auto end = offset + static_cast<std::int64_t>(content.bytes());
        const auto inside = [&](std::size_t bytes) { return offset >= 0 && end <= static_cast<std::int64_t>(bytes); };
        if (base == base_arena) require(inside(plan_.arena_bytes), "a result outside the arena");
        if (base == base_outputs) require(inside(plan_.output_bytes), "a result outside the outputs");
        if (base == base_registers && loop_) require(inside(loop_->register_bytes), "a register outside the registers");
        require(base != base_numbers, "a result where numbers are");
        memory_.write(base, offset, std::move(content));
    }

    // --- Calls of a loop -------------------------------------------------------------------------------------------

    Reading reading(const Instruction& i, std::size_t k, bool spread) const {
        return {i.in[k], i.in_stride[k], spread, i.flat, i.subrows, i.cols};
    }

    /// The element that an operand shows at element e of the iteration.
    Shown shown(const Reading& r, std::size_t e) const {
        const Stretch* stretch = memory_.find(r.place.base, r.place.offset);
        if (r.place.base == base_registers) return stretch ? in_register(*stretch, r, e, *loop_) : Shown{};
        const std::int64_t byte = r.byte(e, stretch ? stretch->content.size() : 1, *loop_);
        return in_memory(r.place.base, byte, r.row(e));
    }

    /// The element that stands at an address; `row` is the loop's, ~0 outside of its blocks.
    Shown in_memory(std::uint32_t base, std::int64_t byte, std::size_t row) const {
        const Stretch* stretch = memory_.find(base, byte);
        if (!stretch) return {};
        const Shown s = in_array(*stretch, byte);
        if (s.wrong) return s;
        return of_other_blocks(base, *stretch, s.index, row)
                   ? Shown{.wrong = "rows that other blocks of the loop write"}
                   : s;
    }

    /// What the blocks of a loop write is there for the rows of the block alone.
    bool of_other_blocks(std::uint32_t base, const Stretch& stretch, std::size_t index, std::size_t row) const {
        return std::any_of(written_.begin(), written_.end(), [&](const Written& w) {
            return base == w.base && stretch.begin < w.end && w.begin < stretch.end() &&
                   (stretch.begin != w.begin ||
                    index / std::max<std::size_t>(1, stretch.content.count / loop_->rows) != row);
        });
    }

    /// Some elements of an iteration: all of a small one; else the first, the last, those around a block's end, and others.
    template <class F>
    bool all_of_samples(std::size_t total, std::size_t block, F f) const {
        constexpr std::size_t few = 128;
        if (total <= few) {
            for (std::size_t i = 0; i < total; ++i)
                if (!f(i)) return false;
            return true;
        }
        std::uint64_t random = 88172645463325252u;
        for (std::size_t i = 0; i < few / 4; ++i) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            const std::size_t near = std::min(total - 1, block + i);
            if (!f(i) || !f(total - 1 - i) || !f(near >= 16 ? near - 16 : near) || !f(random % total)) return false;
        }
        return true;
    }

    /// Whether the operand shows, at each element of the iteration, the element of the graph that the reference names.
    bool holds(const Reading& r, Ref ref, std::string& why) const {
        if (loop_->rows == 0 || r.total(*loop_) == 0) return true;
        const std::uint32_t wanted = ref.node;
        return all_of_samples(r.total(*loop_), loop_->block_rows * r.subrows * r.cols,
                              [&](std::size_t i) { return equal(shown(r, i), ref, i, wanted, why); });
    }

    bool equal(const Shown& s, Ref& ref, std::size_t i, std::uint32_t wanted, std::string& why) const {
        if (s.wrong) {
            why = fmt::format("it reads {} for %{}", s.wrong, wanted);
            return false;
        }
        const Scalar* number = graph_.scalar(s.content->node);
        if (!number && s.content->element_bytes != size_of(graph_.node(wanted).dtype)) {
            why = fmt::format("it reads elements of another size for %{}", wanted);
            return false;
        }
        while (ref.node != s.content->node)
            if (!look_through(ref)) {
                if (const Scalar* needed = graph_.scalar(ref.node); number && needed && *number == *needed) return true;
                why = fmt::format("it finds %{} where it needs %{}", s.content->node, wanted);
                return false;
            }
        const std::size_t found = s.content->element(s.index), needed = ref.element(i);
        if (s.index >= s.content->count)
            why = fmt::format("it reads beyond the end of %{}", s.content->node);
        else if (found != needed)
            why = fmt::format("for element {} it finds element {} of %{} where it needs element {}", i, found, ref.node,
                              needed);
        else
            return true;
        return false;
    }

    void require_holds(const Reading& r, const Ref& ref, std::size_t k) const {
        std::string why;
        if (!holds(r, ref, why)) fail(fmt::format("operand {}: {}", k, why));
    }

    /// Whether the node that the reference names is what the formula computes of the operands. `end`: of the part that is looked
    /// at, from behind.
    bool matches(const std::string& postfix, std::size_t end, Ref ref, const std::vector<Reading>& operands,
                 std::string& why) const {
        const char op = postfix[end - 1];
        if (op >= 'a' && op <= 'e') return holds(operands[static_cast<std::size_t>(op - 'a')], std::move(ref), why);
        while (!is(ref.node, op))
            if (!look_through(ref)) {
                why = fmt::format("%{} is no '{}'", ref.node, op);
                return false;
            }
        const Ref first = operand_of(ref.node, 0, ref.path);
        if (op == '2' || op == 'v' || op == 'u') return matches(postfix, end - 1, first, operands, why);
        const Ref second = operand_of(ref.node, 1, ref.path);
        const std::size_t right = end - 1, left = right - length(postfix, right);
        if (matches(postfix, left, first, operands, why) && matches(postfix, right, second, operands, why)) return true;
        return (op == '+' || op == '*') && matches(postfix, left, second, operands, why) &&
               matches(postfix, right, first, operands, why);
    }
    /// Of the part of a postfix formula that ends there.
    static std::size_t length(const std::string& postfix, std::size_t end) {
        std::size_t wanted = 1, begin = end;
        for (; wanted > 0; --begin) {
            const char op = postfix[begin - 1];
            if (op == '+' || op == '-' || op == '*' || op == '/')
                ++wanted;
            else if (op >= 'a' && op <= 'e')
                --wanted;
        }
        return end - begin;
    }

    /// The call writes the node's elements, in their order.
    void write_node(const Instruction& i, std::uint32_t node, std::size_t subrows, std::size_t cols) {
        Content content = array(node);
        require(loop_->rows * subrows * cols == content.count, "its iteration is not the node's");
        const Reading out{i.out, i.out_stride, false, i.flat, subrows, cols};
        write_content(out, std::move(content));
    }
    void write_content(const Reading& out, Content content) {
        const auto size = content.size();
        all_of_samples(content.count, loop_->block_rows * out.subrows * out.cols, [&](std::size_t e) {
            const bool of_a_block = out.place.base == base_registers;
            const std::size_t first = of_a_block ? out.row(e) / loop_->block_rows * loop_->block_rows : 0,
                              position = e - first * out.subrows * out.cols;
            require(out.byte(e, size, *loop_) - out.place.offset == static_cast<std::int64_t>(position) * size,
                    "its result does not lie end to end");
            return true;
        });
        if (out.place.base == base_registers)
            content.stored = std::min(content.count, loop_->block_rows * out.subrows * out.cols);
        write(out.place.base, out.place.offset, std::move(content));
    }

    void run(const Loop& loop) {
        loop_ = &loop;
        memory_.clear(base_registers);
        memory_.clear(base_accumulators);
        pending_.assign(loop.accumulators.size(), ~0u);
        written_.clear();
        for (const Instruction& i : loop.setup)
            call(i, "setup", pack_only);
        for (const Instruction& i : loop.body)
            if (i.out.base != base_registers && i.out.base != base_accumulators)
                written_.push_back({i.out.base, i.out.offset, end_of(i)});
        for (const Instruction& i : loop.prologue)
            call(i, "prologue", moves_only);
        const auto fixed = memory_.stretches(base_registers);
        for (const Instruction& i : loop.body)
            call(i, "call", everything);
        if (!loop.one_block())
            for (const auto& [begin, content] : fixed) {
                const Stretch* now = memory_.find(base_registers, begin);
                require(now && now->content.fixed,
                        "what was put into a register before the blocks is overwritten in them");
            }
        written_.clear();
        for (std::size_t a = 0; a < loop.accumulators.size(); ++a) {
            require(pending_[a] != ~0u, "an accumulator that nothing is added to");
            write(loop.accumulators[a].out.base, loop.accumulators[a].out.offset, array(pending_[a]));
        }
        for (const auto& check : plan_.faults)
            if (std::any_of(loop.body.begin(), loop.body.end(),
                            [&](const auto& i) { return i.fault == &check->fault; }))
                require_integers(*check, loop);
        loop_ = nullptr;
    }

    std::int64_t end_of(const Instruction& i) const {
        const bool reduces = i.node != ~0u && graph_.node(i.node).info->reduction;
        std::size_t bytes = i.node == ~0u ? 1 : size_of(graph_.node(i.node).dtype);
        for (const std::size_t size : {1, 4, 8})
            if (i.kernel == move_kernels(size).rows_past_caches) bytes = size;
        return i.out.offset + static_cast<std::int64_t>(loop_->rows * i.subrows * (reduces ? 1 : i.cols) * bytes);
    }

    /// An op that checks integers finds them when the loop has ended.
    void require_integers(const FaultCheck& check, const Loop& loop) const {
        const auto i = std::find_if(loop.body.begin(), loop.body.end(),
                                    [&](const Instruction& i) { return i.fault == &check.fault; });
        const auto k = static_cast<std::size_t>(check.info->fault_input);
        const std::uint32_t input = graph_.inputs(i->node)[k];
        require_array(check.integers, input, "the integers to be checked");
    }

    /// A whole array, outside of loops.
    void require_array(const Place& place, std::uint32_t node, const char* what) const {
        Ref ref{node, {}};
        std::string why;
        const auto size = static_cast<std::int64_t>(size_of(graph_.node(node).dtype));
        const bool good = all_of_samples(graph_.shape(node).numel(), 0, [&](std::size_t e) {
            if (place.base == base_numbers) return true;
            return equal(in_memory(place.base, place.offset + static_cast<std::int64_t>(e) * size, ~0u), ref, e, node,
                         why);
        });
        if (!good) fail(fmt::format("{}: {}", what, why));
    }

    enum Allowed { pack_only, moves_only, everything };
    void call(const Instruction& i, const char* what, Allowed allowed) {
        node_ = i.node;
        where_ = fmt::format("loop {}, {} \"{}\"", loop_ - plan_.loops.data(), what, i.name);
        if (node_ != ~0u) where_ += fmt::format(" of %{}", node_);
        require(i.kernel != nullptr, "there is no kernel");
        if (allowed == pack_only) return pack(i);
        if (move(i, allowed == moves_only)) return;
        require(allowed == everything && node_ != ~0u, "a call that belongs to no node");
        const Node& node = graph_.node(node_);
        if (const Formula* formula = formula_of(i.kernel)) {
            require(formula->single == (node.dtype == DType::float32), "a kernel of another dtype");
            return node.info->contraction ? narrow(i, *formula) : joint(i, *formula);
        }
        require(node.info->empty || node.info->equal(i.op, node.op), "other attributes than the node's");
        if (node.info->elementwise) return elementwise(i, node);
        if (node.info->reduction) return reduction(i, node);
        require(node.info->rowwise != nullptr, "an unknown kernel");
        rowwise(i, node);
    }

    void elementwise(const Instruction& i, const Node& node) {
        const auto inputs = graph_.inputs(node_);
        const ElementwiseForm& form = *node.info->elementwise;
        const auto dtype = graph_.node(inputs[form.masked ? 1 : 0]).dtype;
        const auto& kernels = form.kernels[static_cast<std::size_t>(dtype)];
        const auto it = std::find(kernels.begin(), kernels.end(), i.kernel);
        require(it != kernels.end() && i.inputs == inputs.size(), "the kernel is not the op's");
        for (std::size_t k = 0; k < inputs.size(); ++k)
            require_holds(reading(i, k, (it - kernels.begin()) >> k & 1), operand_of(node_, k), k);
        write_node(i, node_, i.subrows, i.cols);
    }

    void joint(const Instruction& i, const Formula& formula) {
        std::vector<Reading> operands;
        for (std::size_t k = 0; k < i.inputs; ++k)
            operands.push_back(reading(i, k, formula.spread >> k & 1));
        operands.push_back({i.out, i.out_stride, false, i.flat, i.subrows, i.cols}); // what is added to in place
        std::string why;
        if (!matches(formula.postfix, formula.postfix.size(), {node_, {}}, operands, why)) fail(why);
        write_node(i, node_, i.subrows, i.cols);
    }

    void reduction(const Instruction& i, const Node& node) {
        const std::uint32_t x = graph_.inputs(node_)[0];
        const ReductionForm& form = *node.info->reduction;
        const auto dtype = static_cast<std::size_t>(node.dtype);
        const ReducedAxes axes(graph_.shape(x), *node.info->axes(node.op));
        using Kind = ReducedAxes::Kind;
        const bool empty_input = graph_.shape(x).numel() == 0;
        if (i.kernel == form.rows[dtype]) {
            require(empty_input || (axes.kind == Kind::rows && i.cols == axes.gone && !i.flat),
                    "a reduction of other rows");
            require_holds(reading(i, 0, false), {x, {reduced_last(Layout::contiguous(graph_.shape(x)), axes.reduced)}},
                          0);
            return write_node(i, node_, i.subrows, 1);
        }
        // In a loop of one row, the accumulator is a register, and started and finished by calls of their own.
        const bool columns = i.kernel == form.columns[dtype];
        if (i.kernel == form.start[dtype] && !columns)
            return write(i.out.base, i.out.offset, accumulator(Content::Kind::started, form, axes.kept));
        if (i.kernel == form.finish[dtype]) {
            require(accumulated(i.in[0], Content::Kind::accumulated), "a sum that nothing was added to");
            return write_node(i, node_, 1, i.cols);
        }
        require(columns || i.kernel == form.all[dtype], "the kernel is not the op's");
        require(empty_input ||
                    (columns ? axes.kind == Kind::columns && i.cols == axes.kept && !i.flat : axes.kind == Kind::all),
                "a reduction over other axes");
        require_holds(reading(i, 0, false), {x, {Layout::contiguous(graph_.shape(x))}}, 0);
        if (i.out.base != base_accumulators) {
            require(accumulated(i.out, Content::Kind::started), "a sum that was not started");
            return write(i.out.base, i.out.offset, accumulator(Content::Kind::accumulated, form, axes.kept));
        }
        const Accumulator& a = accumulator_of(i);
        require(a.start == form.start[dtype] && a.merge == form.merge[dtype] && a.finish == form.finish[dtype] &&
                    a.count == axes.kept && a.bytes >= axes.kept * form.accumulator_bytes[dtype],
                "an accumulator of another reduction");
    }

    Content accumulator(Content::Kind kind, const ReductionForm& form, std::size_t count) const {
        return {.kind = kind,
                .node = node_,
                .count = count,
                .element_bytes = form.accumulator_bytes[static_cast<std::size_t>(graph_.node(node_).dtype)]};
    }
    bool accumulated(const Place& place, Content::Kind kind) const {
        const Stretch* stretch = memory_.find(place.base, place.offset);
        return stretch && stretch->begin == place.offset && stretch->content.kind == kind &&
               stretch->content.node == node_;
    }
    const Accumulator& accumulator_of(const Instruction& i) {
        const auto it = std::find_if(loop_->accumulators.begin(), loop_->accumulators.end(), [&](const Accumulator& a) {
            return static_cast<std::int64_t>(a.offset) == i.out.offset;
        });
        require(i.out.base == base_accumulators && it != loop_->accumulators.end(), "no accumulator where it adds");
        std::uint32_t& pending = pending_[static_cast<std::size_t>(it - loop_->accumulators.begin())];
        require(pending == ~0u, "two calls add to one accumulator");
        pending = node_;
        return *it;
    }

    void rowwise(const Instruction& i, const Node& node) {
        const auto inputs = graph_.inputs(node_);
        std::vector<Type> types;
        for (const std::uint32_t input : inputs)
            types.push_back(graph_.type(input));
        require(i.kernel == node.info->rowwise(node.op, types) && i.inputs == inputs.size(),
                "the kernel is not the op's");
        require(!node.info->fault || i.fault, "nothing tells of integers out of range");
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            if (node.info->whole >> k & 1) {
                require_array(i.in[k], inputs[k], "an operand that is read at once");
                continue;
            }
            const std::size_t width = types[k].shape.numel() / std::max<std::size_t>(1, loop_->rows);
            const Layout all = Layout::contiguous(types[k].shape);
            require_holds({i.in[k], i.in_stride[k], false, false, 1, width}, {inputs[k], {all}}, k);
        }
        write_node(i, node_, 1, i.cols);
    }

    /// Moves put stored elements elsewhere, in another order; they belong to no node. False if the call is none.
    bool move(const Instruction& i, bool before_blocks) {
        for (const std::size_t size : {1, 4, 8}) {
            const MoveKernels& kernels = move_kernels(size);
            const bool gathers = i.kernel == kernels.gather, spreads = i.kernel == kernels.spread;
            if (!gathers && !spreads && i.kernel != kernels.rows && i.kernel != kernels.rows_past_caches) continue;
            if (loop_->rows == 0 || i.cols == 0) return true;
            const auto* map = gathers ? static_cast<const GatherMap*>(i.op) : nullptr;
            const Reading in = reading(i, 0, spreads);
            const Stretch* stretch = memory_.find(in.place.base, in.place.offset);
            require(stretch != nullptr, "it moves what holds no array");
            const Content& from = stretch->content;
            require(from.element_bytes == size || graph_.scalar(from.node), "it moves elements of another size");
            auto source = [in, at = *stretch, loop = loop_, map](std::size_t e) {
                if (map) return gathered(at, in, *map, e, *loop);
                return in.place.base == base_registers ? in_register(at, in, e, *loop)
                                                       : in_array(at, in.byte(e, at.content.size(), *loop));
            };
            Content to{.node = from.node, .count = loop_->rows * i.subrows * i.cols, .element_bytes = size};
            to.fixed = before_blocks;
            all_of_samples(to.count, loop_->block_rows * i.subrows * i.cols, [&](std::size_t e) {
                const Shown s = source(e);
                if (s.wrong) fail(fmt::format("it moves {}", s.wrong));
                require(in.place.base == base_registers ||
                            !of_other_blocks(in.place.base, *stretch, s.index, in.row(e)),
                        "it moves rows that other blocks of the loop write");
                return true;
            });
            to.at = [source](std::size_t e) {
                const Shown s = source(e);
                return s.wrong ? ~std::size_t{0} : s.content->element(s.index);
            };
            write_content({i.out, i.out_stride, false, i.flat, i.subrows, i.cols}, std::move(to));
            return true;
        }
        return false;
    }
    static Shown gathered(const Stretch& from, const Reading& in, const GatherMap& map, std::size_t e,
                          const Loop& loop) {
        std::int64_t at = 0;
        for (std::size_t axis = map.rank; axis-- > 0; e /= map.extents[axis])
            at += static_cast<std::int64_t>(e % map.extents[axis]) * map.strides[axis];
        if (in.place.base == base_registers && !loop.one_block()) return {.wrong = "a register that holds one block"};
        return in_array(from, in.place.offset + at * from.content.size());
    }

    // --- Products --------------------------------------------------------------------------------------------------

    void pack(const Instruction& i) {
        const bool single = i.kernel == narrow_kernels(true).pack;
        const NarrowKernels& kernels = narrow_kernels(single);
        require(i.kernel == kernels.pack, "an unknown kernel before the chunks");
        const std::size_t k = i.inner, n = i.cols, size = single ? 4 : 8, lanes = kernels.lanes;
        Content packed{.kind = Content::Kind::packed,
                       .node = ~0u,
                       .count = (k + lanes - 1) / lanes * lanes * n,
                       .element_bytes = size};
        std::vector<std::size_t> elements(k * n);
        const auto ld = i.in_stride[0];
        for (std::size_t e = 0; e < k * n; ++e) {
            const auto row = static_cast<std::int64_t>(e / n), col = static_cast<std::int64_t>(e % n);
            const std::int64_t at = i.subrows == 1 ? col * ld + row : row * ld + col;
            const Shown s = in_memory(i.in[0].base, i.in[0].offset + at * static_cast<std::int64_t>(size), ~0u);
            if (s.wrong) fail(s.wrong);
            if (e == 0) packed.node = s.content->node;
            require(s.content->node == packed.node && s.index < s.content->count, "elements of two arrays");
            elements[e] = s.content->element(s.index);
        }
        packed.at = [elements = std::move(elements)](std::size_t e) { return elements[e]; };
        write(i.out.base, i.out.offset, std::move(packed));
    }

    /// The elements of an operand of a product as rows, which the op may have transposed.
    Ref matrix(std::size_t k, bool transpose) const {
        const std::uint32_t node = graph_.inputs(node_)[k];
        Layout l = Layout::contiguous(graph_.shape(node));
        const std::size_t r = l.shape.rank();
        if (transpose) std::swap(l.shape[r - 1], l.shape[r - 2]), std::swap(l.strides[r - 1], l.strides[r - 2]);
        return {node, {l}};
    }

    void narrow(const Instruction& i, const Formula& formula) {
        const bool single = formula.single;
        const NarrowKernels& kernels = narrow_kernels(single);
        const Contraction form = graph_.node(node_).info->contraction(graph_.node(node_).op);
        const Shape& shape = graph_.shape(node_);
        const bool adjoint = i.out.base == base_accumulators;
        std::vector<Reading> operands(4);
        operands[0] = {i.in[0], i.in_stride[0], false, false, 1, i.inner};
        const std::size_t scale = adjoint ? 2 : 3; // the number that bytes are multiplied by
        if (i.inputs > scale) operands[scale] = {i.in[scale], 0, true, false, 1, i.inner};
        auto require_formula = [&](const Ref& ref) {
            std::string why;
            if (!matches(formula.postfix, formula.postfix.size(), ref, operands, why)) fail(why);
        };
        if (!adjoint) {
            require_formula(matrix(0, form.transpose_a));
            const Stretch* w = memory_.find(i.in[1].base, i.in[1].offset);
            require(w && w->begin == i.in[1].offset && w->content.kind == Content::Kind::packed, "no packed matrix");
            Ref b = matrix(1, form.transpose_b);
            while (b.node != w->content.node)
                require(look_through(b), "another matrix was packed");
            for (std::size_t e = 0; e < i.inner * i.cols; ++e)
                require(w->content.element(e) == b.element(e), "the packed matrix has its elements elsewhere");
            Content scratch{.kind = Content::Kind::scratch, .node = ~0u, .element_bytes = single ? 4u : 8u};
            scratch.count = std::min(loop_->rows, loop_->block_rows) * i.cols * kernels.lanes;
            write(i.in[2].base, i.in[2].offset, scratch);
            return write_node(i, node_, 1, i.cols);
        }
        const Accumulator& a = accumulator_of(i);
        const bool turned = a.finish == kernels.finish_transposed; // the few columns are the left operand's
        require(a.start == kernels.start && a.merge == kernels.merge && (turned || a.finish == kernels.finish) &&
                    a.inner == i.inner && a.cols == i.cols && i.inner == shape[turned ? 1 : 0] &&
                    i.cols == shape[turned ? 0 : 1],
                "an accumulator of another product");
        require_formula(matrix(turned ? 1 : 0, turned ? form.transpose_b : !form.transpose_a));
        require_holds({i.in[1], i.in_stride[1], false, false, 1, i.cols},
                      matrix(turned ? 0 : 1, turned ? !form.transpose_a : form.transpose_b), 1);
    }

    void run(const Product& p) {
        node_ = p.node;
        const Contraction form = graph_.node(node_).info->contraction(graph_.node(node_).op);
        where_ = fmt::format("the product %{}", node_);
        std::size_t batches = 1;
        for (const std::size_t extent : p.batch)
            batches *= extent;
        require(batches * p.m * p.n == graph_.shape(node_).numel(), "its extents are not the node's");
        auto operand = [&](std::size_t k, const Place& place, const std::vector<std::int64_t>& strides, bool by_columns,
                           std::size_t ld, bool transpose, std::size_t rows, std::size_t cols) {
            Ref ref = matrix(k, transpose);
            Shape shape; // the batch's axes, then the matrix
            for (const std::size_t extent : p.batch)
                shape.append(static_cast<std::int64_t>(extent));
            shape.append(static_cast<std::int64_t>(rows)), shape.append(static_cast<std::int64_t>(cols));
            ref.path[0] = ref.path[0].broadcast_to(shape);
            const std::uint32_t wanted = ref.node;
            const auto size = static_cast<std::int64_t>(size_of(p.dtype));
            std::string why;
            if (!all_of_samples(shape.numel(), 0, [&](std::size_t e) {
                    const std::size_t col = e % cols, row = e / cols % rows;
                    std::size_t rest = e / cols / rows;
                    const std::size_t inside = by_columns ? col * ld + row : row * ld + col;
                    std::int64_t byte = place.offset + static_cast<std::int64_t>(inside) * size;
                    for (std::size_t axis = p.batch.size(); axis-- > 0; rest /= p.batch[axis])
                        byte += static_cast<std::int64_t>(rest % p.batch[axis]) * strides[axis];
                    return equal(in_memory(place.base, byte, ~0u), ref, e, wanted, why);
                }))
                fail(fmt::format("operand {}: {}", k, why));
        };
        operand(0, p.a, p.stride_a, p.transpose_a, p.lda, form.transpose_a, p.m, p.k);
        operand(1, p.b, p.stride_b, p.transpose_b, p.ldb, form.transpose_b, p.k, p.n);
        write(p.out.base, p.out.offset, array(node_));
    }

    void run(const OpaqueCall& call) {
        node_ = call.node;
        where_ = fmt::format("\"{}\" %{}", call.info->name, node_);
        const auto inputs = graph_.inputs(node_);
        require(call.info == graph_.node(node_).info && inputs.size() == call.in.size(), "another op than the node's");
        require(call.info->empty || call.info->equal(call.op, graph_.node(node_).op),
                "other attributes than the node's");
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            require(call.types[k] == graph_.type(inputs[k]), "an operand of another type");
            require_array(call.in[k], inputs[k], "an operand");
        }
        require(call.type == graph_.type(node_), "a result of another type");
        write(call.out.base, call.out.offset, array(node_));
    }

    void require_results() {
        node_ = ~0u;
        where_ = "its results";
        for (std::size_t k = 0; k < order_.outputs.size(); ++k)
            require_array({base_outputs, static_cast<std::int64_t>(plan_.outputs[k].offset), 0}, order_.outputs[k],
                          "an output");
        std::unordered_map<std::uint32_t, std::uint32_t> next_of(order_.updates.begin(), order_.updates.end());
        for (const auto& [leaf, base] : base_of_)
            require_array({base, 0, 0}, next_of.contains(leaf) ? next_of[leaf] : leaf, "a leaf after the call");
        for (const auto& [leaf, next] : order_.updates)
            require(base_of_.contains(leaf), "an update of a leaf that the plan does not hold");
    }

    const Graph& graph_;
    const Order& order_;
    const Plan& plan_;
    verify_memory::Memory memory_;
    std::unordered_map<std::uint32_t, std::uint32_t> base_of_; // of each leaf
    const Loop* loop_ = nullptr;
    std::vector<std::uint32_t> pending_; // for each accumulator, the node that is added up in it
    struct Written {
        std::uint32_t base;
        std::int64_t begin, end;
    };
    std::vector<Written> written_; // by the blocks of the present loop
    std::uint32_t node_ = ~0u;
    std::string where_;
};

} // namespace

bool verifying() {
#ifdef NDEBUG
    static const bool on = [] {
        const char* wish = std::getenv("XGRAD_VERIFY");
        return wish && std::string_view(wish) == "1";
    }();
    return on;
#else
    return true;
#endif
}

void verify(const Graph& graph, const Order& order, const Plan& plan) {
    std::size_t calls = 0;
    for (const Loop& loop : plan.loops)
        calls += loop.body.size();
    if (calls <= most_calls) Verifier(graph, order, plan).run();
}

} // namespace xgrad
