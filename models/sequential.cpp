#include <xgrad/models/sequential.hpp>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad::models {

Var Sequential::operator()(Operand x, bool training) const {
    {
        const Call call("Sequential", x.where);
        const GraphUse must_stand(x.var, x.where);
    }
    for (const Layer& layer : layers_)
        x.var = layer(x, training);
    return x.var;
}

} // namespace xgrad::models
