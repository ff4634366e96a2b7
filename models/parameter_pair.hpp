#pragma once

#include <utility>

#include <xgrad/models/initializers.hpp>

namespace xgrad::models {

/// An array of a layer: its name behind the layer's, its shape and how it starts.
struct LayerArray {
    const char* name;
    Shape shape;
    const Initializer& initializer;
};

/// The two parameters of most layers, made by the layer's options; they share the fans and the seed. The second may be
/// none(), and is Var{} then.
template <class Options>
std::pair<Var, Var> parameter_pair(Tape& tape, const Fans& fans, const Options& o, const LayerArray& first,
                                   const LayerArray& second, Location where) {
    const auto make = [&](const LayerArray& array, std::size_t first_index) {
        return parameter(tape, array.shape, array.initializer,
                         {.fans = fans,
                          .seed = o.seed,
                          .first_index = first_index,
                          .dtype = o.dtype,
                          .name = o.name + "." + array.name},
                         where);
    };
    const Var made = make(first, 0);
    return {made, second.initializer ? make(second, first.shape.numel()) : Var{}};
}

} // namespace xgrad::models
