// From nodes to nests: every node that works row by row joins a loop whose rows it shares, if what it reads is there.
//
// Assumes the order of prune. Leaves values, and nests whose statements make them: each of what stands before it, in
// its loop or in an earlier nest. Views are gone into the patterns in which statements read; outputs and updates are
// dense values of their own.

#include <algorithm>
#include <unordered_set>

#include <xgrad/core/compiler/loop_builder.hpp>
#include <xgrad/core/compiler/shown_nodes.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

namespace {

class Fuser {
  public:
    Fuser(LoopIR& ir, const Step& step)
        : ir_(ir), graph_(ir.graph), step_(step), loops_(ir), shown_(ir), needed_(&graph_.scratch) {}

    void run(std::span<const std::uint32_t> order) {
        if (!order.empty()) shown_.resize(*std::max_element(order.begin(), order.end()) + 1);
        ir_.values.reserve(order.size() + order.size() / 8);
        ir_.statements.reserve(order.size() + order.size() / 8);
        needed_.resize(shown_.size());
        for (const std::uint32_t node : order)
            needed_[node] = 1;
        for (const std::uint32_t node : order)
            if (!shown_.has(node)) lower(node);
        take_outputs();
        take_updates();
        loops_.finish();
    }

  private:
    void lower(std::uint32_t node) {
        const Node& n = graph_.node(node);
        const OpInfo& info = *n.info;
        if (&info == leaf_info_ || &info == number_info_ || ir_.constants.has(node))
            lower_leaf(node);
        else if (info.view)
            lower_view(node);
        else if (info.elementwise)
            lower_elementwise(node);
        else if (info.reduction)
            lower_reduction(node);
        else if (info.rowwise)
            lower_rowwise(node);
        else if (info.contraction)
            lower_contraction(node);
        else
            lower_opaque(node);
    }

    void lower_leaf(std::uint32_t node) {
        const ValueId value = ir_.add_value(graph_.node(node).dtype, graph_.shape(node).numel(), node);
        ir_.values[value].in_memory = true;
        ir_.leaf_values[node] = value;
        shown_.show(node, value);
    }

    void lower_view(std::uint32_t node) {
        const std::uint32_t input = graph_.inputs(node)[0];
        const OpInfo& info = *graph_.node(node).info;
        if (info.waits && graph_.inputs(node).size() > 1) {
            shown_.show(node, copy(shown_.view(input), node, after(shown_.value(graph_.inputs(node)[1]))));
            return;
        }
        if (shown_.is_number(input)) {
            shown_.show_number(node, shown_.value(input));
            return;
        }
        const View in = shown_.view(input);
        View out{in.value, {.shape = graph_.shape(node)}};
        if (!info.view(graph_.node(node).op, in.layout, out.layout)) {
            const View copied = contiguous(in, input);
            out.value = copied.value;
            info.view(graph_.node(node).op, copied.layout, out.layout);
        }
        shown_.show(node, out);
    }

    static Statement statement(Role role, std::uint32_t node) { return {.role = role, .node = node, .reads = {}}; }

    void lower_elementwise(std::uint32_t node) {
        const Node& n = graph_.node(node);
        const ShownNodes::SimplePatterns simple = shown_.simple_patterns(n.shape);
        Statement& m = ir_.statements.emplace_back(); // written where it stands: there are many
        m.role = Role::elementwise;
        m.node = node;
        bool all_simple = true;
        for (const std::uint32_t input : graph_.inputs(node)) {
            if (shown_.read_simply(input, n.shape, simple, m)) continue;
            m.add_read(shown_.read(shown_.view(input), graph_.shape(node)));
            all_simple = false;
        }
        const char symbol = symbol_of(*n.info, ir_.values[m.reads[0].value].dtype, n.dtype);
        m.space = simple.numel;
        if (!all_simple) m.rows = ir_.natural_rows(m.in());
        const ValueId value = loops_.place_last(n.dtype, simple.numel);
        ir_.values[value].symbol = symbol;
        shown_.show(node, value);
    }

    /// Copies what a view shows into a dense array.
    View contiguous(const View& ref, std::uint32_t node) {
        if (ref.layout.is_contiguous()) return ref;
        return {copy(ref, node), Layout::contiguous(ref.layout.shape)};
    }

    /// The same, where the elements may lie in the midst of others.
    View gapless(const View& ref, std::uint32_t node) {
        Layout from_start = ref.layout;
        from_start.offset = 0;
        return from_start.is_contiguous() ? ref : contiguous(ref, node);
    }

    /// The first nest in which the value stands, or stands row by row.
    int after(ValueId id) const {
        const IrValue& value = ir_.values[id];
        return value.nest + (value.accumulated ? 1 : 0);
    }

    ValueId copy(const View& ref, std::uint32_t node, int earliest = before_all) {
        Statement m = statement(Role::copy, node);
        m.add_read(shown_.read(ref, ref.layout.shape));
        m.space = ref.layout.shape.numel();
        m.rows = ir_.natural_rows(m.in());
        return loops_.place(m, ir_.values[ref.value].dtype, m.space, earliest);
    }

    void lower_reduction(std::uint32_t node) {
        const std::uint32_t input = graph_.inputs(node)[0];
        const ReducedAxes axes(graph_.shape(input), *graph_.node(node).info->axes(graph_.node(node).op));
        using Kind = ReducedAxes::Kind;
        if (axes.kind == Kind::none) { // one element each: the same elements
            shown_.show(node, contiguous(shown_.view(input), input).value);
            return;
        }
        Statement m = statement(Role::full_reduction, node);
        m.space = axes.kept * axes.gone;
        if (axes.kind == Kind::columns) {
            m.role = Role::column_reduction;
            m.rows = axes.gone;
        } else if (axes.kind == Kind::rows) {
            m.role = Role::row_reduction;
            m.rows = axes.kept;
        }
        if (axes.kind == Kind::rows && !axes.in_order) { // through a view that puts the reduced ones last
            View x = shown_.view(input);
            x.layout = reduced_last(x.layout, axes.reduced);
            m.add_read(shown_.read(x, x.layout.shape));
        } else
            m.add_read(shown_.read(input));
        shown_.show(node, loops_.place(m, graph_.node(node).dtype, axes.kept));
    }

    std::vector<Type> input_types(std::uint32_t node) const {
        std::vector<Type> types;
        for (const std::uint32_t input : graph_.inputs(node))
            types.push_back(graph_.type(input));
        return types;
    }

    void lower_rowwise(std::uint32_t node) {
        Statement m = statement(Role::rowwise, node);
        const std::vector<Type> types = input_types(node);
        const OpInfo& info = *graph_.node(node).info;
        m.rows = info.row_count(graph_.node(node).op, types);
        const auto inputs = graph_.inputs(node);
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const Shape& shape = graph_.shape(inputs[k]);
            const bool whole = info.whole >> k & 1,
                       dense = whole || static_cast<int>(k) == info.fault_input; // an error shows the integer
            m.add_read(dense ? shown_.read(contiguous(shown_.view(inputs[k]), inputs[k]), shape, whole)
                             : shown_.read(inputs[k]));
            if (!whole) m.space = std::max(m.space, shape.numel());
        }
        const std::size_t numel = graph_.shape(node).numel();
        m.space = std::max(m.space, numel);
        shown_.show(node, loops_.place(m, graph_.node(node).dtype, numel));
    }

    /// A product with few columns, or the adjoint of one, works row by row in a loop: X W, X^T G.
    bool lower_narrow(std::uint32_t node) {
        constexpr std::size_t narrow_columns = 32;
        const auto inputs = graph_.inputs(node);
        const View a = shown_.view(inputs[0]), b = shown_.view(inputs[1]);
        const Type type = graph_.type(node);
        if (!ir_.options.fuse || type.shape.rank() != 2 || !is_floating(type.dtype) || type.shape.numel() == 0)
            return false;
        const Contraction form = graph_.node(node).info->contraction(graph_.node(node).op);
        const std::size_t m = type.shape[0], n = type.shape[1];
        Statement out = statement(Role::narrow_product, node);
        if (!form.transpose_a && n <= narrow_columns && m > 1 && by_rows(a.layout)) {
            const std::size_t k = a.layout.shape[1];
            const View w = gemm_rows(b.layout) ? b : contiguous(b, inputs[1]);
            if (k == 0) return false;
            out.rows = m;
            out.space = m * n;
            out.add_read(shown_.read(a, a.layout.shape));
            out.add_read(shown_.read(w, w.layout.shape, true));
            const std::size_t lanes = narrow_kernels(type.dtype == DType::float32).lanes;
            const ValueId packed = ir_.add_value(type.dtype, (k + lanes - 1) / lanes * lanes * n, ~0u);
            const ValueId result = loops_.place(out, type.dtype, m * n);
            ir_.narrow_products[result] = {
                .transposed = form.transpose_b, .inner = k, .few = n, .leading = w.layout.strides[0], .packed = packed};
            IrValue& room = ir_.values[packed];
            room.nest = ir_.values[result].nest;
            room.in_memory = true;
            shown_.show(node, result);
            return true;
        }
        const std::size_t k = a.layout.shape[0];
        if (form.transpose_a && !form.transpose_b && std::min(m, n) <= narrow_columns && k > 1 && by_rows(a.layout) &&
            by_rows(b.layout)) {
            const bool right = n <= m; // the few columns are the right operand's
            out.role = Role::narrow_adjoint;
            const NarrowProduct product{.transposed = !right, .inner = right ? m : n, .few = right ? n : m};
            out.rows = k;
            out.space = k * product.few;
            out.add_read(shown_.read(right ? a : b, (right ? a : b).layout.shape));
            out.add_read(shown_.read(right ? b : a, (right ? b : a).layout.shape));
            const ValueId result = loops_.place(out, type.dtype, m * n);
            ir_.narrow_products[result] = product;
            shown_.show(node, result);
            return true;
        }
        return false;
    }

    void lower_contraction(std::uint32_t node) {
        if (lower_narrow(node)) return;
        Nest nest{.kind = PlanItem::Kind::product, .node = node, .in = {}};
        for (const std::uint32_t input : graph_.inputs(node)) {
            const View matrix = shown_.view(input);
            nest.in.push_back(gemm_operand(matrix.layout) ? matrix : contiguous(matrix, input));
        }
        append_nest(std::move(nest), node);
    }

    void lower_opaque(std::uint32_t node) {
        if (graph_.node(node).info->prefix && shown_.has(graph_.inputs(node)[0]))
            return show_beginning(node, graph_.inputs(node)[0]);
        const auto needed = [&](std::uint32_t other) { return other < needed_.size() && needed_[other] != 0; };
        if (const std::uint32_t fuller = fuller_node(graph_, node, needed); fuller != Node::no_node) {
            if (!shown_.has(fuller)) lower(fuller);
            return show_beginning(node, fuller);
        }
        Nest nest{.kind = PlanItem::Kind::opaque, .node = node, .in = {}};
        for (const std::uint32_t input : inputs_to_run(graph_, node))
            nest.in.push_back(gapless(shown_.view(input), input));
        append_nest(std::move(nest), node);
    }

    /// A node as the first elements of another one.
    void show_beginning(std::uint32_t node, std::uint32_t of) {
        const View longer = contiguous(shown_.view(of), of);
        shown_.show(node, {longer.value, Layout::contiguous(graph_.shape(node))});
    }

    void append_nest(Nest nest, std::uint32_t node) {
        const ValueId value = ir_.add_value(graph_.node(node).dtype, graph_.shape(node).numel(), node);
        ir_.values[value].nest = static_cast<int>(ir_.nests.size());
        ir_.values[value].in_memory = true;
        nest.out = value;
        ir_.nests.push_back(std::move(nest));
        shown_.show(node, value);
    }

    // --- Results ---------------------------------------------------------------------------------------------------

    /// A value of its own, dense, that nobody else has claimed as a result.
    ValueId claim(Var var) {
        const std::uint32_t node = graph_.index(var);
        const View seen = shown_.view(node);
        const IrValue& value = ir_.values[seen.value];
        const bool own = value.nest != before_all && seen.layout.is_contiguous() &&
                         value.numel == seen.layout.shape.numel() && claimed_.insert(seen.value).second;
        return own ? seen.value : copy(seen, node);
    }

    void take_outputs() {
        for (const Var& var : step_.outputs) {
            ir_.outputs.push_back(claim(var));
            ir_.output_types.push_back(graph_.type(graph_.index(var)));
        }
    }

    void take_updates() {
        for (const Update& update : step_.updates)
            ir_.updates.push_back({.leaf = graph_.index(update.leaf), .next = claim(update.next)});
    }

    LoopIR& ir_;
    const Graph& graph_;
    const Step& step_;
    LoopBuilder loops_;
    const OpInfo *const leaf_info_ = &leaf_info(), *const number_info_ = &scalar_info();
    ShownNodes shown_;
    std::unordered_set<ValueId> claimed_;
    ScratchVector<char> needed_; // nodes
};

} // namespace

void fuse(LoopIR& ir, const Step& step, std::span<const std::uint32_t> order) { Fuser(ir, step).run(order); }

} // namespace xgrad
