// Tapes and plans as text.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {
namespace {

template <class T>
T read(const Scalar& scalar) {
    T value;
    std::memcpy(&value, scalar.bytes.data(), sizeof(T));
    return value;
}

std::string number(const Scalar& scalar, DType dtype) {
    switch (dtype) {
    case DType::float32: return fmt::format("{}", read<float>(scalar));
    case DType::float64: return fmt::format("{}", read<double>(scalar));
    case DType::int64: return fmt::format("{}", read<std::int64_t>(scalar));
    case DType::uint8: return fmt::format("{}", read<std::uint8_t>(scalar));
    }
    return "?";
}

std::string line_of(const Graph& g, std::uint32_t i) {
    constexpr const char* kinds[] = {"input", "constant", "parameter", "state"};
    const Node& node = g.node(i);
    std::string what;
    if (const Leaf* leaf = g.leaf(i)) {
        what = kinds[static_cast<std::size_t>(leaf->kind)];
        if (!leaf->name.empty()) what += fmt::format(" \"{}\"", leaf->name);
    } else if (const Scalar* scalar = g.scalar(i))
        what = number(*scalar, node.dtype);
    else {
        what = node.info->name;
        if (node.info->describe) {
            const std::string attributes = node.info->describe(node.op);
            if (!attributes.empty()) what += fmt::format(" {}", attributes);
        }
        for (const std::uint32_t input : g.inputs(i))
            what += fmt::format(" %{}", input);
    }
    return fmt::format("%{} = {} : {} {}", i, what, xgrad::name(node.dtype), g.shape(i).str());
}

/// The elements as nested braces; of more than a thousand, three at each end of each axis, as NumPy does it.
class ElementText {
  public:
    ElementText(const Type& type, const void* data) : type_(type), data_(data) {}
    std::string str() { return part(0, 0); }

  private:
    static constexpr std::size_t most = 1000, edge = 3;
    std::string part(std::size_t axis, std::size_t first) const {
        const Shape& shape = type_.shape;
        if (axis == shape.rank()) return element(first);
        std::size_t stride = 1;
        for (std::size_t i = axis + 1; i < shape.rank(); ++i)
            stride *= shape[i];
        const bool shorter = shape.numel() > most && shape[axis] > 2 * edge;
        std::string text = "{";
        for (std::size_t i = 0; i < shape[axis]; ++i) {
            if (i != 0) text += ", ";
            if (shorter && i == edge) text += "..., ", i = shape[axis] - edge;
            text += part(axis + 1, first + i * stride);
        }
        return text + "}";
    }
    std::string element(std::size_t i) const {
        switch (type_.dtype) {
        case DType::float32: return fmt::format("{}", static_cast<const float*>(data_)[i]);
        case DType::float64: return fmt::format("{}", static_cast<const double*>(data_)[i]);
        case DType::int64: return fmt::format("{}", static_cast<const std::int64_t*>(data_)[i]);
        case DType::uint8: break;
        }
        return fmt::format("{}", static_cast<const std::uint8_t*>(data_)[i]);
    }
    const Type& type_;
    const void* data_;
};

std::string elements(const Type& type, const void* data) { return ElementText(type, data).str(); }

} // namespace

std::string Tape::str() const {
    std::string text;
    for (std::uint32_t i = 0; i < graph_->size(); ++i)
        text += line_of(*graph_, i) + "\n";
    return text;
}

std::string Var::str() const {
    if (!valid()) return "Var{}";
    const Graph* const graph = Graph::alive_of(*this);
    if (!graph || !graph->has(*this)) return "a Var whose node is gone";
    const std::uint32_t i = Graph::known_index(*this);
    const Leaf* const leaf = graph->leaf(i);
    return line_of(*graph, i) + (leaf && leaf->buffer ? " = " + elements(leaf->type, leaf->buffer->data()) : "");
}

std::string Results::str() const {
    std::string text;
    for (std::size_t i = 0; i < size(); ++i)
        text += fmt::format("{}{} {} = {}", i == 0 ? "" : "\n", name(type(i).dtype), type(i).shape.str(),
                            elements(type(i), data(i)));
    return text;
}

std::string Plan::str() const {
    std::string text;
    for (const PlanStep& step : steps) {
        if (step.kind == PlanStep::Kind::loop) {
            const Loop& loop = loops[step.index];
            text += fmt::format("loop over {} rows, {} at a time, {} chunks, {} bytes of registers\n", loop.rows,
                                loop.block_rows, loop.chunks(), loop.register_bytes);
            auto place = [](const Place& p) {
                constexpr const char* bases[] = {"r", "acc", "arena", "out", "number"};
                return p.base < first_free_base ? fmt::format("{}[{}]", bases[p.base], p.offset)
                                                : fmt::format("leaf{}[{}]", p.base - first_free_base, p.offset);
            };
            auto lines = [&](const LargeVector<Instruction>& list, const char* indent) {
                for (const Instruction& i : list) {
                    text += fmt::format("{}{} = {}", indent, place(i.out), i.name);
                    for (std::size_t k = 0; k < i.inputs; ++k)
                        text += fmt::format(" {}", place(i.in[k]));
                    text += fmt::format(" : {}{}\n", i.cols, i.flat ? "" : " by rows");
                }
            };
            lines(loop.setup, "  first: ");
            lines(loop.prologue, "  once: ");
            lines(loop.body, "  ");
            for (const Accumulator& a : loop.accumulators)
                text += fmt::format("  at the end: {} = {} of {} partial\n", place(a.out), a.name, a.count);
        } else if (step.kind == PlanStep::Kind::product) {
            const Product& p = products[step.index];
            text += fmt::format("product {} x {} x {}{}{} by {}\n", p.m, p.k, p.n,
                                p.transpose_a ? ", a transposed" : "", p.transpose_b ? ", b transposed" : "",
                                gemm_library(p.dtype, p.m, p.n, p.k));
        } else {
            const OpaqueCall& call = opaques[step.index];
            text += fmt::format("call {} : {} {}\n", call.info->name, name(call.type.dtype), call.type.shape.str());
        }
    }
    for (const Copy& copy : copies)
        text += fmt::format("copy {} bytes into leaf{}\n", copy.bytes, copy.to.base - first_free_base);
    text += fmt::format("{} steps, {} bytes of arena\n", steps.size(), arena_bytes);
    return text;
}

} // namespace xgrad
