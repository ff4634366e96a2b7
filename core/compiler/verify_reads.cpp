// Which element of which node an operand shows, and whether that is what the graph asks for.

#include <xgrad/core/compiler/verifier.hpp>

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include <xgrad/core/compiler/ir.hpp>
#include <xgrad/core/compiler/pattern.hpp>
#include <xgrad/core/graph/ancestors.hpp>

namespace xgrad {
namespace {

std::unordered_map<Kernel, Formula> make_formulas() {
    std::unordered_map<Kernel, Formula> all;
    for (const bool single : {true, false}) {
        auto add = [&](Kernel kernel, std::string postfix, unsigned spread) {
            if (kernel) all[kernel] = {std::move(postfix), spread, single};
        };
        for (const Superinstruction& row : superinstructions())
            for (unsigned spread = 0; spread < 16; ++spread)
                add(row.kernels[single ? 0 : 1][spread], row.formula, spread);
        const NarrowKernels& narrow = narrow_kernels(single);
        add(narrow.product, "a", 0), add(narrow.bytes.product, "au", 0), add(narrow.scaled_bytes.product, "aud*", 8);
        add(narrow.accumulate, "a", 0), add(narrow.bytes.accumulate, "au", 0);
        add(narrow.scaled_bytes.accumulate, "auc*", 4);
    }
    return all;
}

} // namespace

const Formula* formula_of(Kernel kernel) {
    static const std::unordered_map<Kernel, Formula> all = make_formulas();
    const auto it = all.find(kernel);
    return it == all.end() ? nullptr : &it->second;
}

void Verifier::fail(const std::string& what) const {
    const Location where = node_ == ~0u ? Location{} : graph_.node(node_).where;
    throw std::logic_error(fmt::format("compile: the plan is wrong in {}: {}. This is a defect of xgrad; please report "
                                       "the program{}{}",
                                       where_, what, where.known() ? ", at " : "", where.known() ? where.str() : ""));
}

std::size_t Verifier::reduced_elements(std::uint32_t node) const {
    const Shape& shape = graph_.shape(graph_.inputs(node)[0]);
    std::size_t count = 1;
    for (const std::int64_t axis : *graph_.node(node).info->axes(graph_.node(node).op))
        count *= shape[static_cast<std::size_t>(axis)];
    return count;
}

Layout Verifier::reduced_behind(std::uint32_t node, bool behind) const {
    const Dims& axes = *graph_.node(node).info->axes(graph_.node(node).op);
    const Layout plain = Layout::contiguous(graph_.shape(graph_.inputs(node)[0]));
    Layout sorted = plain;
    std::size_t next = 0;
    for (const bool reduced : {!behind, behind})
        for (std::size_t axis = 0; axis < plain.shape.rank(); ++axis)
            if ((std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) != axes.end()) == reduced) {
                sorted.shape[next] = plain.shape[axis];
                sorted.strides[next++] = plain.strides[axis];
            }
    return sorted;
}

bool Verifier::look_through(Ref& ref) const {
    const OpInfo& info = *graph_.node(ref.node).info;
    const auto inputs = graph_.inputs(ref.node);
    if (info.view) {
        Layout out{.shape = graph_.shape(ref.node)};
        if (!info.view(graph_.node(ref.node).op, Layout::contiguous(graph_.shape(inputs[0])), out)) return false;
        ref.path.push_back(out);
    } else if (const std::uint32_t fuller = fuller_node(graph_, ref.node, [&](auto k) { return needed(k); });
               fuller != Node::no_node) {
        ref.node = fuller;
        return true;
    } else if (!info.prefix && (!info.reduction || reduced_elements(ref.node) != 1))
        return false;
    ref.node = inputs[0];
    return true;
}

Ref Verifier::operand_of(std::uint32_t node, std::size_t k, std::vector<Layout> path) const {
    const std::uint32_t input = graph_.inputs(node)[k];
    path.push_back(Layout::contiguous(graph_.shape(input)).broadcast_to(graph_.shape(node)));
    return {input, std::move(path)};
}

bool Verifier::is(std::uint32_t node, char op) const {
    return symbol_of(*graph_.node(node).info, graph_.node(graph_.inputs(node)[0]).dtype, graph_.node(node).dtype) == op;
}

auto Verifier::array(std::uint32_t node) const -> Content {
    return {.node = node, .count = graph_.shape(node).numel(), .element_bytes = size_of(graph_.node(node).dtype)};
}

void Verifier::write(std::uint32_t base, std::int64_t offset, Content content) {
    const auto end = offset + static_cast<std::int64_t>(content.bytes());
    const auto inside = [&](std::size_t bytes) { return offset >= 0 && end <= static_cast<std::int64_t>(bytes); };
    if (base == base_arena) require(inside(plan_.arena_bytes), "a result outside the arena");
    if (base == base_outputs) require(inside(plan_.output_bytes), "a result outside the outputs");
    if (base == base_registers && loop_) require(inside(loop_->register_bytes), "a register outside the registers");
    require(base != base_numbers, "a result where numbers are");
    memory_.write(base, offset, std::move(content));
}

auto Verifier::shown(const Reading& r, std::size_t e) const -> Shown {
    const Stretch* stretch = memory_.find(r.place.base, r.place.offset);
    if (r.place.base == base_registers) return stretch ? in_register(*stretch, r, e, *loop_) : Shown{};
    const std::int64_t byte = r.byte(e, stretch ? stretch->content.size() : 1, *loop_);
    return in_memory(r.place.base, byte, r.row(e));
}

auto Verifier::in_memory(std::uint32_t base, std::int64_t byte, std::size_t row) const -> Shown {
    const Stretch* stretch = memory_.find(base, byte);
    if (!stretch) return {};
    const Shown s = in_array(*stretch, byte);
    if (s.wrong) return s;
    return of_other_blocks(base, *stretch, s.index, row) ? Shown{.wrong = "rows that other blocks of the loop write"}
                                                         : s;
}

bool Verifier::of_other_blocks(std::uint32_t base, const Stretch& stretch, std::size_t index, std::size_t row) const {
    if (loop_ && loop_->rows == 1) return false; // there is one block
    return std::any_of(written_.begin(), written_.end(), [&](const Written& w) {
        return base == w.base && stretch.begin < w.end && w.begin < stretch.end() &&
               (stretch.begin != w.begin ||
                index / std::max<std::size_t>(1, stretch.content.count / loop_->rows) != row);
    });
}

bool Verifier::holds(const Reading& r, Ref ref, std::string& why) const {
    if (loop_->rows == 0 || r.total(*loop_) == 0) return true;
    const std::uint32_t wanted = ref.node;
    return all_of_samples(r.total(*loop_), loop_->block_rows * r.subrows * r.cols,
                          [&](std::size_t i) { return equal(shown(r, i), ref, i, wanted, why); });
}

bool Verifier::equal(const Shown& s, Ref& ref, std::size_t i, std::uint32_t wanted, std::string& why) const {
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

void Verifier::require_holds(const Reading& r, const Ref& ref, std::size_t k) const {
    std::string why;
    if (!holds(r, ref, why)) fail(fmt::format("operand {}: {}", k, why));
}

bool Verifier::matches(const std::string& postfix, std::size_t end, Ref ref, const std::vector<Reading>& operands,
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
    std::string why_not_turned; // the order as recorded is the one to tell of
    return (op == '+' || op == '*') && matches(postfix, left, second, operands, why_not_turned) &&
           matches(postfix, right, first, operands, why_not_turned);
}

std::size_t Verifier::length(const std::string& postfix, std::size_t end) {
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

void Verifier::require_elementwise(const Instruction& i, unsigned spread) const {
    const auto size = static_cast<std::int64_t>(size_of(graph_.node(node_).dtype));
    const bool of_a_block = i.out.base == base_registers;
    const std::size_t rows = of_a_block ? std::min(loop_->rows, loop_->block_rows) : loop_->rows;
    const std::int64_t end = i.out.offset + static_cast<std::int64_t>(rows * i.subrows * i.cols) * size;
    for (std::size_t k = 0; k < i.inputs; ++k) {
        const Stretch* in = memory_.find(i.in[k].base, i.in[k].offset);
        if (!in || i.in[k].base != i.out.base || in->end() <= i.out.offset || end <= in->begin) continue;
        require(i.in[k] == i.out && in->content.size() == size && (spread >> k & 1) == 0 &&
                    (i.flat || i.in_stride[k] == i.out_stride || rows * i.subrows == 1),
                "its result lies where it reads other elements");
    }
}

void Verifier::require_apart(const Instruction& i, std::size_t width, std::size_t element_bytes) const {
    if (element_bytes == 0) element_bytes = size_of(graph_.node(node_).dtype);
    const std::size_t rows = i.out.base == base_registers ? std::min(loop_->rows, loop_->block_rows) : loop_->rows;
    const auto end = i.out.offset + static_cast<std::int64_t>(rows * width * element_bytes);
    for (std::size_t k = 0; k < i.inputs; ++k) {
        const Stretch* in = memory_.find(i.in[k].base, i.in[k].offset);
        require(!in || i.in[k].base != i.out.base || in->end() <= i.out.offset || end <= in->begin,
                "its result lies where it reads");
    }
}

void Verifier::write_node(const Instruction& i, std::uint32_t node, std::size_t subrows, std::size_t cols) {
    Content content = array(node);
    require(loop_->rows * subrows * cols == content.count, "its iteration is not the node's");
    const Reading out{i.out, i.out_stride, false, i.flat, subrows, cols};
    write_content(out, std::move(content));
}

void Verifier::write_content(const Reading& out, Content content) {
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

void Verifier::require_array(const Place& place, std::uint32_t node, const char* what) const {
    Ref ref{node, {}};
    std::string why;
    const auto size = static_cast<std::int64_t>(size_of(graph_.node(node).dtype));
    const bool good = all_of_samples(graph_.shape(node).numel(), 0, [&](std::size_t e) {
        if (place.base == base_numbers) return true;
        return equal(in_memory(place.base, place.offset + static_cast<std::int64_t>(e) * size, ~0u), ref, e, node, why);
    });
    if (!good) fail(fmt::format("{}: {}", what, why));
}

} // namespace xgrad
