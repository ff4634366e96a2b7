// A program as C++ that one can paste, compile and run.

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "program.hpp"

namespace test {
namespace {

constexpr std::size_t written_out = 24; // elements

const char* dtype_name(xg::DType dtype) {
    switch (dtype) {
    case xg::DType::float32: return "xg::DType::float32";
    case xg::DType::float64: return "xg::DType::float64";
    case xg::DType::int64: return "xg::DType::int64";
    default: return "xg::DType::uint8";
    }
}

const char* element_name(xg::DType dtype) {
    switch (dtype) {
    case xg::DType::float32: return "float";
    case xg::DType::float64: return "double";
    case xg::DType::int64: return "std::int64_t";
    default: return "std::uint8_t";
    }
}

std::string integer(std::int64_t i) { return i == xg::Range::open ? "xg::Range::open" : fmt::format("{}", i); }

std::string braces(const std::vector<std::int64_t>& list) { return fmt::format("{{{}}}", fmt::join(list, ", ")); }

std::string pairs(const std::vector<std::int64_t>& list) {
    std::string text = "{";
    for (std::size_t i = 0; i + 1 < list.size(); i += 2)
        text += fmt::format("{}{{{}, {}}}", i == 0 ? "" : ", ", list[i], list[i + 1]);
    return text + "}";
}

std::size_t numel(const Node& leaf) {
    std::size_t n = 1;
    for (const std::int64_t extent : leaf.at)
        n *= static_cast<std::size_t>(extent);
    return n;
}

std::string elements(const Node& leaf) {
    const std::string type = element_name(leaf.dtype);
    if (numel(leaf) > written_out)
        return fmt::format("random_array<{}>({}, {}u, {}, {})", type, braces(leaf.at), leaf.seed, leaf.low, leaf.high);
    xg::Tape tape;
    const xt::xarray<double>
        values = record(tape, {.nodes = {leaf}, .outputs = {}, .updates = {}}).values[0].var.value<double>();
    return fmt::format("array<{}>({}, {{{}}})", type, braces(leaf.at), fmt::join(values.begin(), values.end(), ", "));
}

class Printer {
  public:
    explicit Printer(const Program& program) : program_(program) {}

    std::string line(std::size_t i) const {
        const Node& n = program_.nodes[i];
        if (n.is("number")) return "";
        if (n.is("input"))
            return fmt::format("        const xg::Var v{} = tape.input({}, {});\n        const auto a{} = {};\n", i,
                               dtype_name(n.dtype), braces(n.at), i, elements_of(n));
        return fmt::format("        const xg::Var v{} = {};\n", i,
                           n.is_leaf() ? fmt::format("tape.{}({})", n.kind->name, elements(n)) : expression(n));
    }

  private:
    static std::string elements_of(Node n) {
        n.kind = &kind("constant");
        return elements(n);
    }

    std::string operand(std::size_t i) const {
        const Node& n = program_.nodes[i];
        return n.is("number") ? fmt::format("{}", n.number) : fmt::format("v{}", i);
    }

    std::string expression(const Node& n) const {
        std::string text;
        const std::string_view form = n.kind->text;
        for (std::size_t i = 0; i < form.size(); ++i) {
            const char c = form[i], next = i + 1 < form.size() ? form[i + 1] : ' ';
            const bool digit = std::isdigit(static_cast<unsigned char>(next)) != 0;
            const auto index = static_cast<std::size_t>(next - '0');
            if (c == '$' && digit)
                text += operand(n.in[index]), ++i;
            else if (c == '$' && next == '*')
                text += all_operands(n), ++i;
            else if (c == '#' && digit)
                text += integer(n.at[index]), ++i;
            else if (c == '#' && next == '~')
                text += pairs(n.at), ++i;
            else if (c == '#')
                text += braces(n.at);
            else if (c == '%')
                text += fmt::format("{}", n.number);
            else if (c == '@')
                text += dtype_name(n.dtype);
            else
                text += c;
        }
        return text;
    }

    std::string all_operands(const Node& n) const {
        std::vector<std::string> all;
        for (const std::size_t x : n.in)
            all.push_back(operand(x));
        return fmt::format("{}", fmt::join(all, ", "));
    }

    const Program& program_;
};

constexpr const char* random_array_in_cpp = R"(
template <class T>
xt::xarray<T> random_array(std::vector<std::size_t> shape, std::uint64_t first_seed, double low, double high) {
    std::uint64_t seed = first_seed;
    auto array = xt::xarray<T>::from_shape(shape);
    double next = 1;
    for (T& element : array) {
        if (first_seed == 0) {
            element = static_cast<T>(next++);
            continue;
        }
        std::uint64_t z = seed += 0x9E3779B97F4A7C15ull;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        const double x = low + (high - low) * static_cast<double>((z ^ (z >> 31)) % 1025) / 1024;
        element = static_cast<T>(std::is_floating_point_v<T> ? x : std::round(x));
    }
    return array;
}
)";

constexpr const char* array_in_cpp = R"(
template <class T>
xt::xarray<T> array(std::vector<std::size_t> shape, std::vector<T> elements) {
    auto array = xt::xarray<T>::from_shape(shape);
    std::copy(elements.begin(), elements.end(), array.begin());
    return array;
}
)";

constexpr const char* blend_in_cpp = R"(
struct Blend {
    static constexpr auto name = "blend";
    static auto forward(auto a, auto b, auto c) { return a * b - c; }
    static auto vjp(xg::Var g, xg::Var, xg::Var a, xg::Var b, xg::Var) { return std::tuple{g * b, g * a, -g}; }
};
)";

std::string named(char letter, const std::vector<std::size_t>& nodes) {
    std::string text;
    for (const std::size_t i : nodes)
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", letter, i);
    return text;
}

} // namespace

std::string to_cpp(const Program& program, const std::string& title, xg::CompileOptions options, std::size_t threads) {
    bool random = false, written = false, blend = false, bodies = false;
    std::vector<std::size_t> inputs, updated;
    for (std::size_t i = 0; i < program.nodes.size(); ++i) {
        const Node& n = program.nodes[i];
        if (n.is_leaf()) (numel(n) > written_out ? random : written) = true;
        if (n.is("input")) inputs.push_back(i);
        blend = blend || n.is("blend");
        bodies = bodies || n.is("scan") || n.is("scan_ys") || n.is("while_loop") || n.is("cond");
    }
    std::string updates;
    for (const Program::Update& u : program.updates) {
        updates += fmt::format("{}{{v{}, v{}}}", updates.empty() ? "" : ", ", u.leaf, u.next);
        updated.push_back(u.leaf);
    }
    std::string text = fmt::format("// {}\n#include <xgrad/xgrad.hpp>\n\n#include <cmath>\n#include <iostream>\n\n"
                                   "namespace xg = xgrad;\n",
                                   title);
    if (random) text += random_array_in_cpp;
    if (written) text += array_in_cpp;
    if (blend) text += blend_in_cpp;
    if (bodies) text += "\n#include \"tests/random/bodies.hpp\"\nusing namespace test;\n";
    text += fmt::format(
        "\nint main() {{\n    xg::set_num_threads({});\n    for (const bool fuse : {{false, true}}) {{\n"
        "        xg::Tape tape;\n",
        threads);
    const Printer printer(program);
    for (std::size_t i = 0; i < program.nodes.size(); ++i)
        text += printer.line(i);
    const std::string small = options.small_elements == ~std::size_t{0} ? "~std::size_t{0}"
                                                                        : fmt::format("{}", options.small_elements);
    text += fmt::format("        auto program = tape.compile({{.outputs = {{{}}}, .updates = {{{}}}}}, {{{}}},\n"
                        "                                    {{.fuse = fuse, .small_elements = {}}});\n",
                        named('v', program.outputs), updates, named('v', inputs), small);
    text += fmt::format(
        "        auto show = [](const xt::xarray<double>& x) {{\n"
        "            for (const double element : x) std::cout << ' ' << element;\n"
        "            std::cout << '\\n';\n        }};\n"
        "        for (int call = 0; call < 2; ++call) {{\n"
        "            std::cout << (fuse ? \"fused\" : \"one op at a time\") << \", call \" << call << '\\n';\n"
        "            const auto results = program({});\n"
        "            for (std::size_t i = 0; i < results.size(); ++i) show(results.array<double>(i));\n",
        named('a', inputs));
    for (const std::size_t leaf : updated)
        text += fmt::format("            show(v{}.value<double>());\n", leaf);
    return text + "        }\n    }\n}\n";
}

} // namespace test
