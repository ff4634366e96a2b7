#include <xgrad/core/derivative/moves.hpp>

#include <unordered_map>

#include <xgrad/core/base/split_mix.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

/// Whether the op takes random numbers from the sources to its result; at the first time it finds these.
bool probe(const OpInfo& info, const void* op, const std::vector<Type>& types, const Type& type, std::uint64_t seed,
           std::vector<MoveSource>& sources) {
    SplitMix numbers(seed);
    std::vector<std::vector<double>> in;
    std::vector<ConstArray> arrays;
    std::unordered_map<double, MoveSource> known;
    for (std::size_t k = 0; k < types.size(); ++k) {
        std::vector<double>& elements = in.emplace_back(types[k].shape.numel());
        for (std::size_t i = 0; i < elements.size(); ++i) {
            elements[i] = 1 + unit_interval(numbers.bits());
            known.emplace(elements[i], MoveSource{static_cast<std::int64_t>(k), i});
        }
        arrays.push_back({types[k], elements.data()});
    }
    std::vector<double> out(type.shape.numel());
    info.eval(op, arrays, {type, out.data()});
    if (seed == 1)
        for (const double element : out) {
            const auto source = known.find(element);
            if (element != 0 && source == known.end()) return false;
            sources.push_back(element == 0 ? MoveSource{} : source->second);
        }
    for (std::size_t i = 0; i < out.size(); ++i) {
        const MoveSource& source = sources[i];
        if (out[i] != (source.input < 0 ? 0 : in[static_cast<std::size_t>(source.input)][source.element])) return false;
    }
    return true;
}

} // namespace

std::optional<std::vector<MoveSource>> moves_of(const Graph& graph, std::uint32_t node) {
    const OpInfo& info = *graph.node(node).info;
    if (!info.eval || !info.linear || !info.vmap) return std::nullopt; // else running it may do more than compute
    Type type = graph.type(node);
    std::vector<Type> types;
    for (const std::uint32_t input : graph.inputs(node)) {
        types.push_back(graph.type(input));
        if (types.back().dtype != type.dtype) return std::nullopt;
        types.back().dtype = DType::float64; // in which no two random numbers are equal
    }
    type.dtype = DType::float64;
    std::vector<MoveSource> sources;
    try {
        for (const std::uint64_t seed : {1, 2})
            if (!probe(info, graph.node(node).op, types, type, seed, sources)) return std::nullopt;
    } catch (const Error&) { return std::nullopt; } // it may take other numbers only
    return sources;
}

} // namespace xgrad
