// From nodes to steps: every node that works row by row joins a loop whose rows it shares, if what it reads is there.

#include <algorithm>
#include <unordered_set>

#include <xgrad/core/compiler/loop_builder.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

namespace {

class Fuser {
  public:
    Fuser(LoopIR& ir, const Step& step) : ir_(ir), graph_(ir.graph), step_(step), loops_(ir) {}

    void run(const std::vector<std::uint32_t>& order) {
        if (!order.empty()) refs_.resize(*std::max_element(order.begin(), order.end()) + 1);
        for (const std::uint32_t node : order)
            lower(node);
        take_outputs();
        take_updates();
    }

  private:
    /// Most nodes are values of their own, dense; of the others, views, the layout is kept.
    struct Slot {
        ValueId value = no_value;
        std::uint32_t layout = dense;
    };
    static constexpr std::uint32_t dense = ~0u;

    View ref(std::uint32_t node) const {
        const Slot& slot = refs_[node];
        return {slot.value, slot.layout == dense ? Layout::contiguous(graph_.shape(node)) : layouts_[slot.layout]};
    }
    void set_ref(std::uint32_t node, const View& ref) {
        refs_[node] = {ref.value, static_cast<std::uint32_t>(layouts_.size())};
        layouts_.push_back(ref.layout);
    }

    void lower(std::uint32_t node) {
        const Node& n = graph_.node(node);
        const OpInfo& info = *n.info;
        if (&info == &leaf_info() || &info == &scalar_info() || ir_.constants.has(node))
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
        refs_[node] = {value};
    }

    void lower_view(std::uint32_t node) {
        const View in = ref(graph_.inputs(node)[0]);
        View out{in.value, {.shape = graph_.shape(node)}};
        const OpInfo& info = *graph_.node(node).info;
        if (info.waits && graph_.inputs(node).size() > 1) {
            refs_[node] = {copy(in, node, after(ref(graph_.inputs(node)[1]).value))};
            return;
        }
        if (!info.view(graph_.node(node).op, in.layout, out.layout)) {
            const View copied = contiguous(in, graph_.inputs(node)[0]);
            out.value = copied.value;
            info.view(graph_.node(node).op, copied.layout, out.layout);
        }
        set_ref(node, out);
    }

    Read access(const View& ref, const Shape& space) const {
        return {ref.value, false, keep(Pattern::of(ref.layout.broadcast_to(space), ir_.maps)), space.numel()};
    }
    Read access(std::uint32_t node, const Shape& space) const {
        if (refs_[node].layout != dense || (&graph_.shape(node) != &space && graph_.shape(node) != space))
            return access(ref(node), space);
        const std::size_t numel = space.numel();
        if (!dense_ || dense_numel_ != numel) dense_ = keep(Pattern::of_dense(numel)), dense_numel_ = numel;
        return {refs_[node].value, false, dense_, numel};
    }
    const Pattern* keep(const Pattern& pattern) const { return &ir_.patterns.emplace_back(pattern); }

    Statement statement(Role role, std::uint32_t node) const {
        Statement m{.role = role, .out = no_value};
        m.node = node;
        if (node != ~0u) {
            m.info = graph_.node(node).info;
            m.op = graph_.node(node).op;
        }
        return m;
    }

    /// The rows that the first operand which is not simply dense or one number asks for.
    static std::size_t natural_rows(const Statement& m) {
        for (const Read& a : m.in)
            if (a.pattern->rank == 2 && (a.pattern->strides[1] == 0 || a.pattern->strides[1] == 1))
                return a.pattern->extents[0];
        return 0;
    }

    void lower_elementwise(std::uint32_t node) {
        Statement m = statement(Role::elementwise, node);
        for (const std::uint32_t input : graph_.inputs(node))
            m.in.push_back(access(input, graph_.shape(node)));
        m.space = graph_.shape(node).numel();
        m.rows = natural_rows(m);
        refs_[node] = {loops_.place(m, graph_.node(node).dtype, m.space)};
    }

    /// Copies what a view shows into a dense array.
    View contiguous(const View& ref, std::uint32_t node) {
        if (ref.layout.is_contiguous()) return ref;
        return {copy(ref, node), Layout::contiguous(ref.layout.shape)};
    }

    /// The first step at which the value stands, or stands row by row.
    int after(ValueId id) const {
        const IrValue& value = ir_.values[id];
        return value.step + (value.accumulated ? 1 : 0);
    }

    ValueId copy(const View& ref, std::uint32_t node, int earliest = before_all) {
        Statement m = statement(Role::copy, ~0u);
        m.node = node;
        m.in.push_back(access(ref, ref.layout.shape));
        m.space = ref.layout.shape.numel();
        m.rows = natural_rows(m);
        return loops_.place(m, ir_.values[ref.value].dtype, m.space, earliest);
    }

    void lower_reduction(std::uint32_t node) {
        const std::uint32_t input = graph_.inputs(node)[0];
        const ReducedAxes axes(graph_.shape(input), *graph_.node(node).info->axes(graph_.node(node).op));
        using Kind = ReducedAxes::Kind;
        View x = ref(input);
        if (axes.kind == Kind::none) { // one element each: the same elements
            refs_[node] = {contiguous(x, input).value};
            return;
        }
        Statement m = statement(Role::full_reduction, node);
        m.space = axes.kept * axes.gone;
        if (axes.kind == Kind::columns) {
            m.role = Role::column_reduction;
            m.rows = axes.gone;
            m.columns = axes.kept;
        } else if (axes.kind == Kind::rows) {
            // If the axes do not stand so, through a view that puts them so.
            m.role = Role::row_reduction;
            m.rows = axes.kept;
            if (!axes.in_order) x.layout = reduced_last(x.layout, axes.reduced);
        }
        m.in.push_back(access(x, x.layout.shape));
        refs_[node] = {loops_.place(m, graph_.node(node).dtype, axes.kept)};
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
        m.rows = m.info->row_count(m.op, types);
        const auto inputs = graph_.inputs(node);
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const Shape& shape = graph_.shape(inputs[k]);
            const bool whole = m.info->whole >> k & 1,
                       dense = whole || static_cast<int>(k) == m.info->fault_input; // an error shows the integer
            m.in.push_back(dense ? access(contiguous(ref(inputs[k]), inputs[k]), shape) : access(inputs[k], shape));
            m.in[k].whole = whole;
            if (!whole) m.space = std::max(m.space, shape.numel());
        }
        const std::size_t numel = graph_.shape(node).numel();
        m.space = std::max(m.space, numel);
        refs_[node] = {loops_.place(m, graph_.node(node).dtype, numel)};
    }

    /// A product with few columns, or the adjoint of one, works row by row in a loop: X W, X^T G.
    bool lower_narrow(std::uint32_t node) {
        constexpr std::size_t narrow_columns = 32;
        const auto inputs = graph_.inputs(node);
        const View a = ref(inputs[0]), b = ref(inputs[1]);
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
            out.rows = m, out.inner = k, out.few = n;
            out.transposed = form.transpose_b;
            out.leading = w.layout.strides[0];
            out.space = m * n;
            out.in.push_back(access(a, a.layout.shape));
            out.in.push_back(access(w, w.layout.shape));
            out.in[1].whole = true;
            const std::size_t lanes = narrow_kernels(type.dtype == DType::float32).lanes;
            const ValueId packed = ir_.add_value(type.dtype, (k + lanes - 1) / lanes * lanes * n, ~0u);
            out.packed = packed;
            const ValueId result = loops_.place(out, type.dtype, m * n);
            IrValue& room = ir_.values[packed];
            room.step = ir_.values[result].step;
            room.in_memory = true;
            refs_[node] = {result};
            return true;
        }
        const std::size_t k = a.layout.shape[0];
        if (form.transpose_a && !form.transpose_b && std::min(m, n) <= narrow_columns && k > 1 && by_rows(a.layout) &&
            by_rows(b.layout)) {
            const bool right = n <= m; // the few columns are the right operand's
            out.role = Role::narrow_adjoint;
            out.rows = k, out.inner = right ? m : n, out.few = right ? n : m;
            out.transposed = !right;
            out.space = k * out.few;
            out.in.push_back(access(right ? a : b, (right ? a : b).layout.shape));
            out.in.push_back(access(right ? b : a, (right ? b : a).layout.shape));
            refs_[node] = {loops_.place(out, type.dtype, m * n)};
            return true;
        }
        return false;
    }

    void lower_contraction(std::uint32_t node) {
        if (lower_narrow(node)) return;
        Nest step{.kind = PlanStep::Kind::product, .node = node, .in = {}};
        for (const std::uint32_t input : graph_.inputs(node)) {
            const View matrix = ref(input);
            step.in.push_back(gemm_operand(matrix.layout) ? matrix : contiguous(matrix, input));
        }
        append_step(std::move(step), node);
    }

    void lower_opaque(std::uint32_t node) {
        Nest step{.kind = PlanStep::Kind::opaque, .node = node, .in = {}};
        for (const std::uint32_t input : graph_.inputs(node))
            step.in.push_back(contiguous(ref(input), input));
        append_step(std::move(step), node);
    }

    void append_step(Nest step, std::uint32_t node) {
        const ValueId value = ir_.add_value(graph_.node(node).dtype, graph_.shape(node).numel(), node);
        ir_.values[value].step = static_cast<int>(ir_.steps.size());
        ir_.values[value].in_memory = true;
        step.out = value;
        ir_.steps.push_back(std::move(step));
        refs_[node] = {value};
    }

    // --- Results ---------------------------------------------------------------------------------------------------

    /// A value of its own, dense, that nobody else has claimed as a result.
    ValueId claim(Var var) {
        const std::uint32_t node = graph_.index(var);
        const View shown = ref(node);
        const IrValue& value = ir_.values[shown.value];
        const bool own = value.step != before_all && shown.layout.is_contiguous() &&
                         value.numel == shown.layout.shape.numel() && claimed_.insert(shown.value).second;
        return own ? shown.value : copy(shown, node);
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
    std::vector<Slot> refs_;
    std::deque<Layout> layouts_;
    std::unordered_set<ValueId> claimed_;
    mutable const Pattern* dense_ = nullptr; // the last one, of so many elements
    mutable std::size_t dense_numel_ = 0;
};

} // namespace

void fuse(LoopIR& ir, const Step& step, const std::vector<std::uint32_t>& order) { Fuser(ir, step).run(order); }

} // namespace xgrad
