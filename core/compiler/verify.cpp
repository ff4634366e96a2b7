// Translation validation: what a plan computes, element by element, against the graph that it was made from.

#include <xgrad/core/compiler/verifier.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include <xgrad/core/graph/ancestors.hpp>

namespace xgrad {
namespace {

/// Plans of more calls than this are taken on trust: the check costs some microseconds for each.
constexpr std::size_t most_calls = 20000;

} // namespace

void Verifier::run() {
    place_leaves();
    for (const PlanItem& item : plan_.items) {
        where_ = fmt::format("step {}", &item - plan_.items.data());
        switch (item.kind) {
        case PlanItem::Kind::loop: run(plan_.loops[item.index]); break;
        case PlanItem::Kind::product: run(plan_.products[item.index]); break;
        case PlanItem::Kind::opaque: run(plan_.opaques[item.index]); break;
        }
    }
    where_ = "the copies at the end";
    for (const Copy& copy : plan_.copies)
        run(copy);
    require_results();
}

void Verifier::place_leaves() {
    std::unordered_map<const Leaf*, std::uint32_t> nodes;
    std::unordered_map<std::uint64_t, std::uint32_t> numbers; // by their bytes
    std::vector<std::uint32_t> results(request_.outputs);
    for (const auto& [leaf, next] : request_.updates)
        results.push_back(leaf), results.push_back(next);
    needed_.assign(results.empty() ? 0 : *std::max_element(results.begin(), results.end()) + 1, 0);
    for (const std::uint32_t result : results)
        needed_[result] = 1;
    mark_ancestors(needed_, [&](std::uint32_t i) { return inputs_to_run(graph_, i); });
    for (std::uint32_t node = 0; node < needed_.size(); ++node) {
        if (!needed(node)) continue;
        if (const Leaf* leaf = graph_.leaf(node)) nodes[leaf] = node;
        if (const Scalar* number = graph_.scalar(node))
            numbers[__builtin_bit_cast(std::uint64_t, number->bytes)] = node;
    }
    where_ = "its leaves";
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i)
        write(plan_.inputs[i].base, 0, array(request_.inputs[i]));
    for (const auto& [base, leaf] : plan_.leaves) {
        require(nodes.contains(leaf.get()), "a leaf that is not asked for");
        write(base, 0, array(nodes[leaf.get()]));
        base_of_[nodes[leaf.get()]] = base;
    }
    for (const PlannedConstant& constant : plan_.constants)
        write(constant.base, 0, array(constant.node));
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= plan_.numbers.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, plan_.numbers.data() + at, sizeof(bits));
        if (const auto it = numbers.find(bits); it != numbers.end())
            memory_.write(base_numbers, static_cast<std::int64_t>(at),
                          {.node = it->second, .count = 1, .element_bytes = sizeof(bits)});
    }
}

void Verifier::run(const Loop& loop) {
    loop_ = &loop;
    require(loop.register_bytes <= plan_.register_bytes &&
                loop.accumulator_bytes * std::max<std::size_t>(1, loop.chunks()) <= plan_.accumulator_bytes,
            "more registers or accumulators than there is room for");
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
            require(now && now->content.fixed, "what was put into a register before the blocks is overwritten in them");
        }
    written_.clear();
    for (std::size_t a = 0; a < loop.accumulators.size(); ++a) {
        require(pending_[a] != ~0u, "an accumulator that nothing is added to");
        write(loop.accumulators[a].out.base, loop.accumulators[a].out.offset, array(pending_[a]));
    }
    for (const Instruction& i : loop.body)
        if (i.fault != Instruction::no_fault) require_integers(plan_.faults.at(i.fault), i);
    loop_ = nullptr;
}

std::int64_t Verifier::end_of(const Instruction& i) const {
    const bool reduces = i.node != ~0u && graph_.node(i.node).info->reduction;
    const std::size_t bytes = i.node == ~0u ? 1 : size_of(graph_.node(i.node).dtype);
    return i.out.offset + static_cast<std::int64_t>(loop_->rows * i.subrows * (reduces ? 1 : i.cols) * bytes);
}

void Verifier::require_integers(const FaultCheck& check, const Instruction& i) const {
    const auto k = static_cast<std::size_t>(check.info->fault_input);
    const std::uint32_t input = graph_.inputs(i.node)[k];
    require_array(check.integers, input, "the integers to be checked");
}

void Verifier::run(const Product& p) {
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

void Verifier::run(const OpaqueCall& call) {
    node_ = call.node;
    where_ = fmt::format("\"{}\" %{}", call.info->name, node_);
    const auto inputs = inputs_to_run(graph_, node_);
    require(call.info == graph_.node(node_).info && inputs.size() == call.in.size(), "another op than the node's");
    require_attributes(call.op, graph_.node(node_));
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        require(call.types[k] == graph_.type(inputs[k]), "an operand of another type");
        require_array(call.in[k], inputs[k], "an operand");
    }
    require(call.type == graph_.type(node_), "a result of another type");
    write(call.out.base, call.out.offset, array(node_));
}

void Verifier::run(const Copy& copy) {
    if (copy.bytes == 0) return;
    const Stretch* from = memory_.find(copy.from.base, copy.from.offset);
    const bool number = copy.from.base == base_numbers; // takes 8 bytes there
    require(from && from->content.kind == Content::Kind::elements &&
                (number || copy.from.offset + static_cast<std::int64_t>(copy.bytes) <= from->end()),
            "a copy of no known array");
    Content part = from->content;
    if (number) part.element_bytes = copy.bytes;
    const auto first = static_cast<std::size_t>((copy.from.offset - from->begin) / part.size());
    part.count = copy.bytes / part.element_bytes;
    if (first != 0) part.at = [first, whole = from->content](std::size_t i) { return whole.element(first + i); };
    write(copy.to.base, copy.to.offset, std::move(part));
}

void Verifier::require_results() {
    node_ = ~0u;
    where_ = "its results";
    for (std::size_t k = 0; k < request_.outputs.size(); ++k)
        require_array({base_outputs, static_cast<std::int64_t>(plan_.outputs[k].offset), 0}, request_.outputs[k],
                      "an output");
    std::unordered_map<std::uint32_t, std::uint32_t> next_of(request_.updates.begin(), request_.updates.end());
    for (const auto& [leaf, base] : base_of_)
        require_array({base, 0, 0}, next_of.contains(leaf) ? next_of[leaf] : leaf, "a leaf after the call");
    for (const auto& [leaf, next] : request_.updates)
        require(base_of_.contains(leaf), "an update of a leaf that the plan does not hold");
}

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

void verify(const Graph& graph, const CompileRequest& request, const Plan& plan) {
    std::size_t calls = 0;
    for (const Loop& loop : plan.loops)
        calls += loop.body.size();
    if (calls <= most_calls) Verifier(graph, request, plan).run();
}

} // namespace xgrad
