// Steps that are one call: products of matrices by BLAS, and opaque ops.

#include <xgrad/core/compiler/emit.hpp>

#include <algorithm>

namespace xgrad {

Product make_product(LoopIR& ir, const Nest& nest) {
    const Graph& graph = ir.graph;
    const Node& node = graph.node(nest.node);
    const Contraction form = node.info->contraction(node.op);
    const Shape& out = graph.shape(nest.node);
    Product p{.dtype = node.dtype, .where = node.where, .node = nest.node};
    p.m = out[out.rank() - 2];
    p.n = out[out.rank() - 1];
    const auto element = static_cast<std::int64_t>(size_of(node.dtype));
    const std::size_t batch_rank = out.rank() - 2;
    for (std::size_t axis = 0; axis < batch_rank; ++axis)
        p.batch.push_back(out[axis]);

    auto operand = [&](std::size_t k, bool transpose, bool& flag, std::size_t& ld, Place& place,
                       std::vector<std::int64_t>& strides) {
        const Layout& l = nest.in[k].layout;
        const std::size_t r = l.shape.rank();
        const std::size_t rows = l.shape[r - 2], cols = l.shape[r - 1];
        const std::int64_t row = l.strides[r - 2], col = l.strides[r - 1];
        const bool by_rows = col == 1 || cols == 1; // else by columns: it is a gemm_operand
        flag = by_rows ? transpose : !transpose;
        const std::size_t least = std::max<std::size_t>(1, by_rows ? cols : rows);
        ld = std::max(least, static_cast<std::size_t>(by_rows ? (rows == 1 ? 0 : row) : col));
        place = ir.place(nest.in[k].value);
        place.offset += l.offset * element;
        strides.assign(batch_rank, 0);
        const std::size_t skip = batch_rank - (r - 2);
        for (std::size_t axis = 0; axis + 2 < r; ++axis)
            strides[skip + axis] = l.shape[axis] == 1 ? 0 : l.strides[axis] * element;
        return transpose ? rows : cols;
    };
    p.k = operand(0, form.transpose_a, p.transpose_a, p.lda, p.a, p.stride_a);
    operand(1, form.transpose_b, p.transpose_b, p.ldb, p.b, p.stride_b);
    p.out = ir.place(nest.out);
    return p;
}

OpaqueCall make_opaque(LoopIR& ir, Plan& plan, const Nest& nest) {
    const Node& node = ir.graph.node(nest.node);
    OpaqueCall call{.info = node.info, .op = plan.keep(*node.info, node.op), .types = {}, .in = {}};
    if (node.info->prepare)
        node.info->prepare(const_cast<void*>(call.op), ir.graph, ir.options); // it is the plan's own
    for (const View& ref : nest.in) {
        call.types.push_back({ir.values[ref.value].dtype, ref.layout.shape});
        Place& place = call.in.emplace_back(ir.place(ref.value));
        place.offset += ref.layout.offset * static_cast<std::int64_t>(size_of(ir.values[ref.value].dtype));
    }
    call.type = ir.graph.type(nest.node);
    call.out = ir.place(nest.out);
    call.where = node.where;
    call.node = nest.node;
    return call;
}

} // namespace xgrad
