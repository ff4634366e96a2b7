// Pictures as text for Graphviz.

#include <xgrad/core/draw/picture.hpp>

#include <fmt/format.h>

namespace xgrad::draw_detail {
namespace {

/// Lines that are set to the left.
std::string label(const Box& box) {
    std::string text;
    for (const std::string& line : box.lines) {
        for (const char c : line) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        if (box.lines.size() > 1) text += "\\l";
    }
    return text;
}

const char* style(Part part) {
    switch (part) {
    case Part::leaf: return ", style=\"rounded,filled\", fillcolor=\"#eeeeee\"";
    case Part::backward: return ", style=dashed, color=\"#d55e00\"";
    case Part::update: return ", style=bold, color=\"#0072b2\"";
    case Part::result: return ", shape=ellipse";
    default: return "";
    }
}

} // namespace

std::string dot(const Picture& picture) {
    std::string text = "digraph xgrad {\n    node [shape=box, fontname=\"monospace\", fontsize=11];\n";
    for (std::size_t i = 0; i < picture.boxes.size(); ++i)
        text += fmt::format("    b{} [label=\"{}\"{}];\n", i, label(picture.boxes[i]), style(picture.boxes[i].part));
    for (const Arrow& arrow : picture.arrows)
        text += fmt::format("    b{} -> b{};\n", arrow.from, arrow.to);
    return text + "}\n";
}

} // namespace xgrad::draw_detail
