// The calls of a loop, one kind after the other.

#include <xgrad/core/compiler/verifier.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/compiler/pattern.hpp>

namespace xgrad {

void Verifier::call(const Instruction& i, const char* what, Allowed allowed) {
    node_ = i.node;
    where_ = fmt::format("loop {}, {} \"{}\"", loop_ - plan_.loops.data(), what, i.name);
    if (node_ != ~0u) where_ += fmt::format(" of %{}", node_);
    require(i.kernel != nullptr, "there is no kernel");
    if (allowed == pack_only) return pack(i);
    if (move(i, allowed == moves_only)) return;
    require(allowed == everything && node_ != ~0u, "a call that belongs to no node");
    const Node& node = graph_.node(node_);
    if (const Formula* formula = formula_of(i.kernel)) {
        require(node.dtype == (formula->single ? DType::float32 : DType::float64), "a kernel of another dtype");
        return node.info->contraction ? narrow(i, *formula) : joint(i, *formula);
    }
    if (node.info->reduction) return reduction(i, node); // its kernels look at no attributes
    require_attributes(i.op, node);
    if (node.info->elementwise) return elementwise(i, node);
    require(node.info->rowwise != nullptr, "an unknown kernel");
    rowwise(i, node);
}

void Verifier::elementwise(const Instruction& i, const Node& node) {
    const auto inputs = graph_.inputs(node_);
    const ElementwiseForm& form = *node.info->elementwise;
    const auto dtype = graph_.node(inputs[form.masked ? 1 : 0]).dtype;
    const auto& kernels = form.kernels[static_cast<std::size_t>(dtype)];
    const auto it = std::find(kernels.begin(), kernels.end(), i.kernel);
    require(it != kernels.end() && i.inputs == inputs.size(), "the kernel is not the op's");
    for (std::size_t k = 0; k < inputs.size(); ++k)
        require_holds(reading(i, k, (it - kernels.begin()) >> k & 1), operand_of(node_, k), k);
    require_elementwise(i, static_cast<unsigned>(it - kernels.begin()));
    write_node(i, node_, i.subrows, i.cols);
}

void Verifier::joint(const Instruction& i, const Formula& formula) {
    std::vector<Reading> operands;
    for (std::size_t k = 0; k < i.inputs; ++k)
        operands.push_back(reading(i, k, formula.spread >> k & 1));
    operands.push_back({i.out, i.out_stride, false, i.flat, i.subrows, i.cols}); // what is added to in place
    std::string why;
    if (!matches(formula.postfix, formula.postfix.size(), {node_, {}}, operands, why)) fail(why);
    require_elementwise(i, formula.spread);
    write_node(i, node_, i.subrows, i.cols);
}

void Verifier::reduction(const Instruction& i, const Node& node) {
    const std::uint32_t x = graph_.inputs(node_)[0];
    const ReductionForm& form = *node.info->reduction;
    const auto dtype = static_cast<std::size_t>(node.dtype);
    const std::size_t kept = graph_.shape(node_).numel(), gone = reduced_elements(node_);
    const bool empty_input = graph_.shape(x).numel() == 0;
    if (i.kernel == form.rows[dtype]) {
        require(empty_input || (i.cols == gone && !i.flat), "a reduction of other rows");
        require_holds(reading(i, 0, false), {x, {reduced_behind(node_, true)}}, 0);
        require_apart(i, i.subrows);
        return write_node(i, node_, i.subrows, 1);
    }
    // In a loop of one row, the accumulator is a register, and started and finished by calls of their own.
    const bool columns = i.kernel == form.columns[dtype];
    if (i.kernel == form.start[dtype] && !columns)
        return write(i.out.base, i.out.offset, accumulator(Content::Kind::started, form, kept));
    if (i.kernel == form.finish[dtype]) {
        require(accumulated(i.in[0], Content::Kind::accumulated), "a sum that nothing was added to");
        return write_node(i, node_, 1, i.cols);
    }
    require(columns || i.kernel == form.all[dtype], "the kernel is not the op's");
    require(empty_input || (columns ? i.cols == kept && !i.flat : kept == 1), "a reduction over other axes");
    require(loop_->rows * i.subrows * i.cols == graph_.shape(x).numel(), "a reduction of other elements");
    require_holds(reading(i, 0, false), {x, {reduced_behind(node_, false)}}, 0);
    if (i.out.base != base_accumulators) {
        require(accumulated(i.out, Content::Kind::started), "a sum that was not started");
        return write(i.out.base, i.out.offset, accumulator(Content::Kind::accumulated, form, kept));
    }
    const Accumulator& a = accumulator_of(i);
    require(a.start == form.start[dtype] && a.merge == form.merge[dtype] && a.finish == form.finish[dtype] &&
                a.count == kept && a.bytes >= kept * form.accumulator_bytes[dtype],
            "an accumulator of another reduction");
}

auto Verifier::accumulator(Content::Kind kind, const ReductionForm& form, std::size_t count) const -> Content {
    return {.kind = kind,
            .node = node_,
            .count = count,
            .element_bytes = form.accumulator_bytes[static_cast<std::size_t>(graph_.node(node_).dtype)]};
}

bool Verifier::accumulated(const Place& place, Content::Kind kind) const {
    const Stretch* stretch = memory_.find(place.base, place.offset);
    return stretch && stretch->begin == place.offset && stretch->content.kind == kind && stretch->content.node == node_;
}

const Accumulator& Verifier::accumulator_of(const Instruction& i) {
    const auto it = std::find_if(loop_->accumulators.begin(), loop_->accumulators.end(), [&](const Accumulator& a) {
        return static_cast<std::int64_t>(a.offset) == i.out.offset;
    });
    require(i.out.base == base_accumulators && i.out.row_bytes == 0 && it != loop_->accumulators.end(),
            "no accumulator where it adds");
    std::uint32_t& pending = pending_[static_cast<std::size_t>(it - loop_->accumulators.begin())];
    require(pending == ~0u, "two calls add to one accumulator");
    pending = node_;
    return *it;
}

void Verifier::rowwise(const Instruction& i, const Node& node) {
    const auto inputs = graph_.inputs(node_);
    std::vector<Type> types;
    for (const std::uint32_t input : inputs)
        types.push_back(graph_.type(input));
    require(i.kernel == node.info->rowwise(node.op, types) && i.inputs == inputs.size(), "the kernel is not the op's");
    require(!node.info->fault || i.fault != Instruction::no_fault, "nothing tells of integers out of range");
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (node.info->whole >> k & 1) {
            require(i.in[k].row_bytes == 0, "an operand that is read at once lies elsewhere for each block");
            require_array(i.in[k], inputs[k], "an operand that is read at once");
            continue;
        }
        const std::size_t width = types[k].shape.numel() / std::max<std::size_t>(1, loop_->rows * i.subrows);
        const Layout all = Layout::contiguous(types[k].shape);
        require_holds({i.in[k], i.in_stride[k], false, false, i.subrows, width}, {inputs[k], {all}}, k);
    }
    require_apart(i, i.subrows * i.cols);
    write_node(i, node_, i.subrows, i.cols);
}

bool Verifier::move(const Instruction& i, bool before_blocks) {
    for (const std::size_t size : {1, 4, 8}) {
        const MoveKernels& kernels = move_kernels(size);
        const bool gathers = i.kernel == kernels.gather, spreads = i.kernel == kernels.spread;
        if (!gathers && !spreads && i.kernel != kernels.rows) continue;
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
            require(in.place.base == base_registers || !of_other_blocks(in.place.base, *stretch, s.index, in.row(e)),
                    "it moves rows that other blocks of the loop write");
            return true;
        });
        to.at = [source](std::size_t e) {
            const Shown s = source(e);
            return s.wrong ? ~std::size_t{0} : s.content->element(s.index);
        };
        require_apart(i, i.subrows * i.cols, size);
        write_content({i.out, i.out_stride, false, i.flat, i.subrows, i.cols}, std::move(to));
        return true;
    }
    return false;
}

auto Verifier::gathered(const Stretch& from, const Reading& in, const GatherMap& map, std::size_t e, const Loop& loop)
    -> Shown {
    if (in.place.base == base_registers && !loop.one_block()) return {.wrong = "a register that holds one block"};
    return in_array(from, in.place.offset + map.place_of(e) * from.content.size());
}

void Verifier::pack(const Instruction& i) {
    const auto packs = [&](const NarrowKernels& kernels) {
        return i.kernel == kernels.pack || i.kernel == kernels.pack_transposed;
    };
    const bool single = packs(narrow_kernels(true));
    const NarrowKernels& kernels = narrow_kernels(single);
    require(packs(kernels), "an unknown kernel before the chunks");
    const bool transposed = i.kernel == kernels.pack_transposed;
    const std::size_t k = i.inner, n = i.cols, size = single ? 4 : 8, lanes = kernels.lanes;
    Content packed{.kind = Content::Kind::packed,
                   .node = ~0u,
                   .count = (k + lanes - 1) / lanes * lanes * n,
                   .element_bytes = size};
    std::vector<std::size_t> elements(k * n);
    const auto ld = i.in_stride[0];
    for (std::size_t e = 0; e < k * n; ++e) {
        const auto row = static_cast<std::int64_t>(e / n), col = static_cast<std::int64_t>(e % n);
        const std::int64_t at = transposed ? col * ld + row : row * ld + col;
        const Shown s = in_memory(i.in[0].base, i.in[0].offset + at * static_cast<std::int64_t>(size), ~0u);
        if (s.wrong) fail(s.wrong);
        if (e == 0) packed.node = s.content->node;
        require(s.content->node == packed.node && s.index < s.content->count, "elements of two arrays");
        elements[e] = s.content->element(s.index);
    }
    packed.at = [elements = std::move(elements)](std::size_t e) { return elements[e]; };
    write(i.out.base, i.out.offset, std::move(packed));
}

Ref Verifier::matrix(std::size_t k, bool transpose) const {
    const std::uint32_t node = graph_.inputs(node_)[k];
    Layout l = Layout::contiguous(graph_.shape(node));
    const std::size_t r = l.shape.rank();
    if (transpose) std::swap(l.shape[r - 1], l.shape[r - 2]), std::swap(l.strides[r - 1], l.strides[r - 2]);
    return {node, {l}};
}

void Verifier::narrow(const Instruction& i, const Formula& formula) {
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
        require(w && w->begin == i.in[1].offset && i.in[1].row_bytes == 0 && w->content.kind == Content::Kind::packed,
                "no packed matrix");
        Ref b = matrix(1, form.transpose_b);
        while (b.node != w->content.node)
            require(look_through(b), "another matrix was packed");
        for (std::size_t e = 0; e < i.inner * i.cols; ++e)
            require(w->content.element(e) == b.element(e), "the packed matrix has its elements elsewhere");
        Content scratch{.kind = Content::Kind::scratch, .node = ~0u, .element_bytes = single ? 4u : 8u};
        scratch.count = std::min(loop_->rows, loop_->block_rows) * i.cols * kernels.lanes;
        write(i.in[2].base, i.in[2].offset, scratch);
        require_apart(i, i.cols);
        return write_node(i, node_, 1, i.cols);
    }
    const Accumulator& a = accumulator_of(i);
    const bool turned = a.finish == kernels.finish_transposed; // the few columns are the left operand's
    require(a.start == kernels.start && a.merge == kernels.merge && (turned || a.finish == kernels.finish) &&
                a.inner == i.inner && a.cols == i.cols && i.inner == shape[turned ? 1 : 0] &&
                i.cols == shape[turned ? 0 : 1],
            "an accumulator of another product");
    require(loop_->rows * i.inner == graph_.shape(graph_.inputs(node_)[turned ? 1 : 0]).numel(),
            "a product of other rows");
    require_formula(matrix(turned ? 1 : 0, turned ? form.transpose_b : !form.transpose_a));
    require_holds({i.in[1], i.in_stride[1], false, false, 1, i.cols},
                  matrix(turned ? 0 : 1, turned ? !form.transpose_a : form.transpose_b), 1);
}

} // namespace xgrad
