#include <xgrad/core/graph/leaf.hpp>

#include <xgrad/core/op.hpp>

namespace xgrad {

const char* name(LeafKind kind) {
    constexpr const char* names[] = {"input", "constant", "parameter", "state"};
    return names[static_cast<std::size_t>(kind)];
}

static Type infer_nothing(const void*, Types) { return {}; }

const OpInfo& leaf_info() {
    static const OpInfo info = [] {
        OpInfo i;
        i.name = "leaf";
        using Op = std::shared_ptr<Leaf>;
        detail::describe_struct<Op>(i);
        i.describe = nullptr;
        i.infer = infer_nothing;
        return i;
    }();
    return info;
}

const OpInfo& scalar_info() {
    static const OpInfo info = [] {
        OpInfo i;
        i.name = "number";
        detail::describe_struct<Scalar>(i);
        i.infer = infer_nothing;
        return i;
    }();
    return info;
}

} // namespace xgrad
