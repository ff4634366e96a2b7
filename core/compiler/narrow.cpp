// Products with few columns: their calls, and those that read bytes.

#include <string_view>

#include <xgrad/core/compiler/loop_emitter.hpp>
#include <xgrad/core/compiler/superinstructions.hpp>

namespace xgrad {
namespace {

/// What stands behind numbers that are made of bytes: a cast, or that times a single number.
struct Bytes {
    const Access* source = nullptr;
    const Access* scale = nullptr;
};

Bytes bytes_of(const Draft& draft, const Member& m) {
    if (m.role != Role::elementwise || !m.in[0].pattern->dense()) return {};
    const char symbol = symbol_of(*m.info, draft.values[m.in[0].value].dtype, draft.values[m.out].dtype);
    if (!m.super && symbol == 'u') return {&m.in[0], nullptr};
    if (m.super && m.super->formula == std::string_view("aub*") && draft.values[m.in[1].value].numel == 1)
        return {&m.in[0], &m.in[1]};
    return {};
}

bool is_product(const Member& m) { return m.role == Role::narrow_product || m.role == Role::narrow_adjoint; }

} // namespace

/// What products alone read, and is made of bytes, they make themselves: their first operand is then the bytes, and a third the number.
void read_bytes_in_products(Draft& draft) {
    if (!draft.options.fuse) return;
    for (std::size_t s = 0; s < draft.steps.size(); ++s) {
        DraftStep& step = draft.steps[s];
        if (std::none_of(step.members.begin(), step.members.end(), is_product)) continue;
        LargeVector<Member> left;
        std::vector<char> gone(step.members.size());
        for (std::size_t i = 0; i < gone.size(); ++i) {
            const Member& m = step.members[i];
            const Bytes bytes = bytes_of(draft, m);
            if (!bytes.source || draft.values[m.out].in_memory) continue;
            std::size_t reads = 0;
            std::uint32_t last = 0;
            bool products_alone = true;
            for (std::uint32_t r = 0; r < gone.size(); ++r)
                for (std::size_t k = 0; k < step.members[r].in.size(); ++k)
                    if (const Access& a = step.members[r].in[k]; a.value == m.out) {
                        ++reads, last = r;
                        products_alone &= is_product(step.members[r]) && k == 0 && a.pattern->dense() &&
                                          a.count == draft.values[m.out].numel;
                    }
            if (reads == 0 || !products_alone ||
                overwritten_before(draft, static_cast<int>(s), bytes.source->value, last))
                continue;
            gone[i] = 1;
            for (Member& reader : step.members)
                if (is_product(reader) && reader.in[0].value == m.out) {
                    reader.in[0] = *bytes.source;
                    if (bytes.scale) reader.in.push_back(*bytes.scale);
                }
        }
        for (std::size_t i = 0; i < gone.size(); ++i) {
            if (gone[i]) continue;
            left.push_back(step.members[i]);
            draft.values[step.members[i].out].member = static_cast<std::uint32_t>(left.size() - 1);
        }
        step.members = std::move(left);
    }
}

/// The large operand of a product, and the kernel that reads it so; a number that bytes are multiplied by is input `scale`.
void LoopEmitter::set_rows(Instruction& i, const Member& m, std::size_t scale, Kernel plain, Kernel of_bytes,
                           Kernel of_scaled_bytes) {
    set_input(i, 0, rows_of(m.in[0]));
    const bool bytes = draft_.values[m.in[0].value].dtype == DType::uint8, scaled = m.in.size() == 3;
    i.kernel = !bytes ? plain : scaled ? of_scaled_bytes : of_bytes;
    if (scaled) set_input(i, scale, {place_of(m.in[2].value), 0, false});
}

void LoopEmitter::emit_narrow_product(std::size_t index, const Member& m) {
    const DraftValue& out = draft_.values[m.out];
    const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
    const std::size_t element = size_of(out.dtype);
    const Place packed = draft_.values[m.packed].place;

    Instruction pack;
    pack.kernel = kernels.pack;
    pack.name = "pack";
    pack.in[0] = place_of(m.in[1].value);
    pack.in[0].offset += m.in[1].pattern->offset * static_cast<std::int64_t>(element);
    pack.in_stride[0] = m.leading;
    pack.inputs = 1;
    pack.out = packed;
    pack.cols = m.few;
    pack.inner = m.inner;
    pack.subrows = m.transposed ? 1 : 0; // the kernel's flag
    loop_.setup.push_back(pack);

    Instruction i = instruction(m, nullptr);
    i.name = "narrow matmul";
    set_rows(i, m, 3, kernels.product, kernels.bytes.product, kernels.scaled_bytes.product);
    set_input(i, 1, {packed, 0, false});
    demands_.register_row_bytes.push_back(m.few * kernels.lanes * element); // partial sums, used within the kernel only
    set_input(i, 2, {register_place(static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1)), 0, false});
    i.cols = m.few;
    i.inner = m.inner;
    i.out_stride = static_cast<std::int64_t>(m.few);
    i.out = result_place(index, m, m.few, false);
    demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, m.inner * element);
    demands_.row_work += static_cast<double>(m.inner * m.few) / 4;
    loop_.body.push_back(i);
}

void LoopEmitter::emit_narrow_adjoint(std::size_t index, const Member& m) {
    const DraftValue& out = draft_.values[m.out];
    const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
    const std::size_t element = size_of(out.dtype);
    Accumulator a;
    a.name = "narrow matmul";
    a.count = (m.inner + kernels.lanes - 1) / kernels.lanes * kernels.lanes * m.few;
    a.bytes = a.count * element;
    a.offset = loop_.accumulator_bytes;
    a.start = kernels.start;
    a.merge = kernels.merge;
    a.finish = m.transposed ? kernels.finish_transposed : kernels.finish;
    a.cols = m.few;
    a.inner = m.inner;
    a.out = out.place;
    loop_.accumulator_bytes += aligned(a.bytes);

    Instruction i = instruction(m, nullptr);
    i.name = "narrow matmul adjoint";
    set_rows(i, m, 2, kernels.accumulate, kernels.bytes.accumulate, kernels.scaled_bytes.accumulate);
    set_input(i, 1, rows_of(m.in[1]));
    i.cols = m.few;
    i.inner = m.inner;
    i.out = {base_accumulators, static_cast<std::int64_t>(a.offset), 0};
    release_dead(index, m);
    demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, m.inner * element);
    demands_.row_work += static_cast<double>(m.inner * m.few) / 4;
    demands_.least_chunk = 128;
    loop_.accumulators.push_back(a);
    loop_.body.push_back(i);
}

} // namespace xgrad
