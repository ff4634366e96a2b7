// Loops as text, between the passes.

#include <fmt/format.h>

#include <xgrad/core/base/element_text.hpp>
#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {
namespace {

const char* name_of(Role role) {
    constexpr const char* names[] = {"elementwise",  "copy", "row by row",     "down the columns",
                                     "all together", "rows", "narrow product", "narrow adjoint"};
    return names[static_cast<std::size_t>(role)];
}

class IrText {
  public:
    explicit IrText(const LoopIR& ir) : ir_(ir) {}

    std::string str() const {
        std::string text;
        for (const Nest& nest : ir_.nests) {
            if (nest.kind == PlanItem::Kind::loop) {
                if (nest.count == 0) continue; // all of it has sunk
                text += nest.small       ? "loop over whole arrays\n"
                        : nest.rows != 0 ? fmt::format("loop over {} rows\n", nest.rows)
                                         : fmt::format("loop over {} elements\n", nest.space);
                for (const Statement& s : ir_.statements_of(nest))
                    text += statement(s);
                continue;
            }
            text += fmt::format("{} = {}", value(nest.out), ir_.graph.node(nest.node).info->name);
            for (const View& view : nest.in)
                text += fmt::format(" {}", value(view.value));
            text += "\n";
        }
        return text;
    }

  private:
    std::string statement(const Statement& s) const {
        std::string text = fmt::format("  {} = {}", value(s.out),
                                       s.superinstruction()   ? s.superinstruction()->name
                                       : s.role != Role::copy ? ir_.info(s)->name
                                                              : "copy");
        for (const Read& read : s.in())
            text += fmt::format(" {}", value(read.value));
        if (s.role != Role::elementwise) text += fmt::format(", {}", name_of(s.role));
        return text + "\n";
    }

    /// A value as the node that it is of; in brackets where it must lie in memory.
    std::string value(ValueId id) const {
        const IrValue& v = ir_.values[id];
        const Scalar* number = v.node != ~0u ? ir_.graph.scalar(v.node) : nullptr;
        if (number) return elements_text({v.dtype, Shape()}, number->bytes.data());
        const std::string name = v.node != ~0u ? fmt::format("%{}", v.node) : fmt::format("v{}", id);
        return v.in_memory ? fmt::format("[{}]", name) : name;
    }

    const LoopIR& ir_;
};

} // namespace

std::string text_of(const LoopIR& ir) { return IrText(ir).str(); }

} // namespace xgrad
