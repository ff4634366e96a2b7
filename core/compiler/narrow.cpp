// Products with few columns: their calls, and those that read bytes.
//
// The pass (read_bytes_in_products) assumes that superinstructions are chosen: bytes times a number are one statement.
// Leaves products that read the bytes themselves, without the statements that made real numbers for them alone.

#include <string_view>

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {
namespace {

/// What stands behind numbers that are made of bytes: a cast, or that times a single number.
struct Bytes {
    const Read* source = nullptr;
    const Read* scale = nullptr;
};

Bytes bytes_of(const LoopIR& ir, const Statement& m) {
    if (m.role != Role::elementwise || !ir.pattern(m.in()[0]).dense()) return {};
    const Superinstruction* together = m.superinstruction();
    if (!together && ir.values[m.out].symbol == 'u') return {&m.in()[0], nullptr};
    if (together && together->formula == std::string_view("aub*") && ir.values[m.in()[1].value].numel == 1)
        return {&m.in()[0], &m.in()[1]};
    return {};
}

bool is_product(const Statement& m) { return m.role == Role::narrow_product || m.role == Role::narrow_adjoint; }

} // namespace

/// What products alone read, and is made of bytes, they make themselves: their first operand is then the bytes, and a
/// third the number.
void read_bytes_in_products(LoopIR& ir) {
    if (!ir.options.fuse) return;
    for (std::size_t s = 0; s < ir.nests.size(); ++s) {
        Nest& nest = ir.nests[s];
        const auto statements = ir.statements_of(nest);
        if (std::none_of(statements.begin(), statements.end(), is_product)) continue;
        std::vector<char> gone(statements.size());
        for (std::size_t i = 0; i < gone.size(); ++i) {
            const Statement& m = statements[i];
            const Bytes bytes = bytes_of(ir, m);
            if (!bytes.source || ir.values[m.out].in_memory) continue;
            std::size_t reads = 0;
            std::uint32_t last = 0;
            bool products_alone = true;
            for (std::uint32_t r = 0; r < gone.size(); ++r)
                for (std::size_t k = 0; k < statements[r].in().size(); ++k)
                    if (const Read& a = statements[r].in()[k]; a.value == m.out) {
                        ++reads, last = r;
                        products_alone &= is_product(statements[r]) && k == 0 && a.dense();
                    }
            if (reads == 0 || !products_alone || ir.overwritten_before(bytes.source->value, static_cast<int>(s), last))
                continue;
            gone[i] = 1;
            for (Statement& reader : statements)
                if (is_product(reader) && reader.in()[0].value == m.out) {
                    reader.in()[0] = *bytes.source;
                    if (bytes.scale) reader.add_read(*bytes.scale);
                }
        }
        if (std::find(gone.begin(), gone.end(), 1) == gone.end()) continue;
        ir.keep(nest, [&](std::size_t i) { return !gone[i]; });
    }
}

/// The large operand of a product, and the kernel that reads it so; a number that bytes are multiplied by is input
/// `scale`.
void LoopEmitter::set_rows(Instruction& i, const Statement& m, std::size_t scale, Kernel plain, Kernel of_bytes,
                           Kernel of_scaled_bytes) {
    set_input(i, 0, rows_of(m.in()[0]));
    const bool bytes = ir_.values[m.in()[0].value].dtype == DType::uint8, scaled = m.in().size() == 3;
    i.kernel = !bytes ? plain : scaled ? of_scaled_bytes : of_bytes;
    if (scaled) set_input(i, scale, {place_of(m.in()[2].value), 0, false});
}

void LoopEmitter::emit_narrow_product(std::size_t index, const Statement& m) {
    const IrValue& out = ir_.values[m.out];
    const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
    const std::size_t element = size_of(out.dtype);
    const NarrowProduct& product = ir_.narrow_products.at(m.out);
    const Place packed = ir_.place(product.packed);

    Instruction pack;
    pack.kernel = product.transposed ? kernels.pack_transposed : kernels.pack;
    pack.name = "pack";
    pack.in[0] = place_of(m.in()[1].value);
    pack.in[0].offset += ir_.pattern(m.in()[1]).offset * static_cast<std::int64_t>(element);
    pack.in_stride[0] = product.leading;
    pack.inputs = 1;
    pack.out = packed;
    pack.cols = product.few;
    pack.inner = product.inner;
    loop_.setup.push_back(pack);

    Instruction i = instruction(m, nullptr);
    i.name = "narrow matmul";
    set_rows(i, m, 3, kernels.product, kernels.bytes.product, kernels.scaled_bytes.product);
    set_input(i, 1, {packed, 0, false});
    const std::uint32_t sums = new_register(product.few * kernels.lanes * element); // used within the kernel only
    set_input(i, 2, {register_place(sums), 0, false});
    i.cols = product.few;
    i.inner = product.inner;
    i.out_stride = static_cast<std::int64_t>(product.few);
    place_result(i.out, index, m, product.few, false);
    demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, product.inner * element);
    demands_.row_work += static_cast<double>(product.inner * product.few) / 4;
    loop_.body.push_back(i);
}

void LoopEmitter::emit_narrow_adjoint(std::size_t index, const Statement& m) {
    const IrValue& out = ir_.values[m.out];
    const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
    const NarrowProduct& product = ir_.narrow_products.at(m.out);
    const std::size_t element = size_of(out.dtype);
    Accumulator a;
    a.name = "narrow matmul";
    a.count = (product.inner + kernels.lanes - 1) / kernels.lanes * kernels.lanes * product.few;
    a.bytes = a.count * element;
    a.offset = loop_.accumulator_bytes;
    a.start = kernels.start;
    a.merge = kernels.merge;
    a.finish = product.transposed ? kernels.finish_transposed : kernels.finish;
    a.cols = product.few;
    a.inner = product.inner;
    a.out = ir_.place(m.out);
    loop_.accumulator_bytes += aligned(a.bytes);

    Instruction i = instruction(m, nullptr);
    i.name = "narrow matmul adjoint";
    set_rows(i, m, 2, kernels.accumulate, kernels.bytes.accumulate, kernels.scaled_bytes.accumulate);
    set_input(i, 1, rows_of(m.in()[1]));
    i.cols = product.few;
    i.inner = product.inner;
    i.out = {base_accumulators, static_cast<std::int64_t>(a.offset), 0};
    release_dead(index, m);
    demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, product.inner * element);
    demands_.row_work += static_cast<double>(product.inner * product.few) / 4;
    demands_.least_chunk = 128;
    loop_.accumulators.push_back(a);
    loop_.body.push_back(i);
}

} // namespace xgrad
