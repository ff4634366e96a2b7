#include <xgrad/core/control/parts.hpp>

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

struct Part {
    static constexpr auto name = "part";
    std::size_t first;
    Shape to;

    Shape shape(Types) const { return to; }
    bool map(const Layout& in, Layout& out) const {
        if (!in.is_contiguous()) return false;
        out = Layout::contiguous(to);
        out.offset = static_cast<std::int64_t>(first);
        return true;
    }
    Var vjp(Var g, Var, Var x) const;
    std::size_t hash() const { return to.hash() ^ first * 0x9E3779B97F4A7C15ull; }
    std::string str() const { return fmt::format("from {}", first); }
    bool operator==(const Part&) const = default;
};

/// Zeros with an array put among them.
struct PutPart {
    static constexpr auto name = "put_part";
    static constexpr bool linear = true;
    std::size_t first, count;

    Shape shape(Types) const { return Shape{count}; }
    void eval(ConstArrays in, Array out) const {
        std::memset(out.data, 0, count * size_of(out.dtype()));
        const std::size_t element = size_of(out.dtype());
        std::memcpy(static_cast<std::byte*>(out.data) + first * element, in[0].data, in[0].shape().numel() * element);
    }
    void add(ConstArrays in, Array sums) const {
        detail::visit(sums.dtype(), [&]<class T>(T) {
            T* const to = sums.pointer<T>() + first;
            const T* const from = in[0].pointer<T>();
            for (std::size_t i = 0; i < in[0].shape().numel(); ++i)
                to[i] = static_cast<T>(to[i] + from[i]);
        });
    }
    Var vjp(Var g, Var, Var x) const { return record(Part{first, x.shape()}, g); }
    bool operator==(const PutPart&) const = default;
};

Var Part::vjp(Var g, Var, Var x) const { return record(PutPart{first, x.shape().numel()}, g); }

struct Pack {
    static constexpr auto name = "pack";
    static constexpr bool linear = true;

    static Shape shape(Types x) {
        std::size_t count = 0;
        for (const Type& type : x)
            count += type.shape.numel();
        return Shape{count};
    }
    static void eval(ConstArrays in, Array out) {
        auto* to = static_cast<std::byte*>(out.data);
        for (const ConstArray& array : in) {
            const std::size_t bytes = array.shape().numel() * size_of(array.dtype());
            if (bytes != 0) std::memcpy(to, array.data, bytes);
            to += bytes;
        }
    }
    static std::vector<Var> vjp(Var g, Var, std::span<const Var> x) {
        std::vector<Var> result;
        std::size_t first = 0;
        for (const Var& v : x) {
            result.push_back(part(g, first, v.shape()));
            first += v.shape().numel();
        }
        return result;
    }
};

} // namespace

Var part(Var packed, std::size_t first, const Shape& shape) { return record(Part{first, shape}, packed); }

Var pack(const std::vector<Var>& parts) {
    const std::vector<Operand> operands(parts.begin(), parts.end());
    return record(Pack{}, std::span<const Operand>(operands));
}

Var pack_each(std::size_t examples, const std::vector<Var>& parts) {
    const GraphUse graph(parts[0]);
    const std::vector<char> all(parts.size(), 1);
    const Pack op;
    return record_each_example(*graph, info<Pack>(), &op, {examples, parts, all});
}

Packing::Packing(std::vector<Type> types) : types_(std::move(types)) {
    for (const Type& type : types_) {
        std::size_t& count = count_[static_cast<std::size_t>(type.dtype)];
        first_.push_back(count);
        count += type.shape.numel();
    }
}

std::vector<DType> Packing::dtypes() const {
    std::vector<DType> result;
    for (std::size_t d = 0; d < dtype_count; ++d)
        for (const Type& type : types_)
            if (static_cast<std::size_t>(type.dtype) == d) {
                result.push_back(type.dtype);
                break;
            }
    return result;
}

} // namespace xgrad
