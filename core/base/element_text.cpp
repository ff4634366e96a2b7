#include <xgrad/core/base/element_text.hpp>

#include <fmt/format.h>

namespace xgrad {
namespace {

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
        return detail::visit(type_.dtype,
                             [&]<class T>(T) { return fmt::format("{}", static_cast<const T*>(data_)[i]); });
    }
    const Type& type_;
    const void* data_;
};

} // namespace

std::string elements_text(const Type& type, const void* data) { return ElementText(type, data).str(); }

} // namespace xgrad
