// Pictures of tapes, steps and programs.

#include <regex>

#include "../check_svg.hpp"
#include "../support.hpp"

using namespace test;
using xg::DrawFormat;
using xg::Step;
using xg::Var;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The line of the text that holds this; there must be one alone.
std::string line_with(const std::string& text, const std::string& part) {
    const std::size_t at = text.find(part);
    BOOST_TEST_REQUIRE(at != std::string::npos, part << " is not in\n" << text);
    BOOST_TEST(text.find(part, at + 1) == std::string::npos, part << " is there twice in\n" << text);
    const std::size_t begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

/// Which part of a step a node is, in words and by its border.
std::string part_of(const std::string& dot, const std::string& node) {
    const std::string line = line_with(dot, "= " + node + "\\l");
    const bool dashed = contains(line, "style=dashed"), bold = contains(line, "style=bold");
    std::smatch part;
    if (!std::regex_search(line, part, std::regex("\\\\l([a-z]+), draw.cpp:[0-9]+\\\\l\""))) return "none";
    BOOST_TEST(dashed == (part[1] == "backward"));
    BOOST_TEST(bold == (part[1] == "update"));
    return part[1];
}

/// Its number in the text of the tape.
std::string node(const Var& x) { return x.str().substr(1, x.str().find(' ') - 1); }

struct Rectangle {
    double left, top, width, height;
    bool holds(double x, double y) const {
        return x > left + 0.2 && x < left + width - 0.2 && y > top + 0.2 && y < top + height - 0.2;
    }
};

/// Boxes that do not overlap and hold their text, and arrows that go through no box.
void check_layout(const std::string& svg) {
    test_files::check_svg(svg);
    const auto all = [&](const char* pattern, auto f) {
        const std::regex regex(pattern);
        for (std::sregex_iterator it(svg.begin(), svg.end(), regex), end; it != end; ++it) f(*it);
    };
    std::smatch size;
    BOOST_TEST_REQUIRE(std::regex_search(svg, size, std::regex("viewBox=\"0 0 ([0-9]+) ([0-9]+)\"")));
    std::vector<Rectangle> boxes;
    all("<rect x=\"([^\"]+)\" y=\"([^\"]+)\" width=\"([^\"]+)\" height=\"([^\"]+)\"", [&](const std::smatch& m) {
        boxes.push_back({std::stod(m[1]), std::stod(m[2]), std::stod(m[3]), std::stod(m[4])});
        const Rectangle& box = boxes.back();
        BOOST_TEST((box.left >= 0 && box.top >= 0 && box.left + box.width <= std::stod(size[1]) && box.top + box.height <= std::stod(size[2])));
    });
    BOOST_TEST_REQUIRE(!boxes.empty());
    for (const Rectangle& a : boxes)
        for (const Rectangle& b : boxes)
            BOOST_TEST((&a == &b || a.left + a.width < b.left || b.left + b.width < a.left || a.top + a.height < b.top || b.top + b.height < a.top));
    all("<text x=\"([^\"]+)\" y=\"([^\"]+)\">([^<]*)<", [&](const std::smatch& m) {
        const std::string letters = std::regex_replace(m[3].str(), std::regex("&[a-z]+;"), "x");
        const double left = std::stod(m[1]), y = std::stod(m[2]), right = left + 6.63 * static_cast<double>(letters.size());
        BOOST_TEST(std::ranges::any_of(boxes, [&](const Rectangle& b) { return b.holds(left, y - 8) && b.holds(right, y + 2); }), letters);
    });
    all("<path d=\"(M [^\"]*)\" fill=\"none\"", [&](const std::smatch& m) {
        std::vector<double> numbers;
        const std::string path = m[1];
        const std::regex number("-?[0-9.]+");
        double x = 0, y = 0; // where it has come to
        const std::regex piece("([MLC])([^MLC]*)");
        for (std::sregex_iterator it(path.begin(), path.end(), piece), end; it != end; ++it) {
            const std::string values = (*it)[2];
            std::vector<double> p;
            for (std::sregex_iterator v(values.begin(), values.end(), number), last; v != last; ++v) p.push_back(std::stod(v->str()));
            const double end_x = p[p.size() - 2], end_y = p[p.size() - 1];
            BOOST_TEST((end_y >= y - 0.11 || (*it)[1] == "M")); // down
            for (double t = 0; t <= 1 && (*it)[1] != "M"; t += 0.05) {
                const double s = 1 - t;
                const double px = p.size() == 2 ? s * x + t * end_x : s * s * s * x + 3 * s * s * t * p[0] + 3 * s * t * t * p[2] + t * t * t * end_x;
                const double py = p.size() == 2 ? s * y + t * end_y : s * s * s * y + 3 * s * s * t * p[1] + 3 * s * t * t * p[3] + t * t * t * end_y;
                BOOST_TEST(std::ranges::none_of(boxes, [&](const Rectangle& b) { return b.holds(px, py); }), path);
            }
            x = end_x, y = end_y;
        }
    });
}

/// Half of x; without operator== and without a derivative.
struct Half {
    static constexpr auto name = "half";
    double factor = 0.5;
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        for (std::size_t i = 0; i < out.shape().numel(); ++i) out.pointer<double>()[i] = factor * in[0].pointer<double>()[i];
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(drawing)

BOOST_AUTO_TEST_CASE(a_tape_as_dot) {
    xg::Tape tape;
    const Var x = tape.input<float>({3, 4}, "x"), w = tape.parameter(filled<float>({4}, 1), "w"); const int line = __LINE__;
    (void)(2 * tanh(x + w));
    const auto at = [](int n) { return fmt::format("draw.cpp:{}\\l\"", n); };
    const std::string leaf = ", style=\"rounded,filled\", fillcolor=\"#eeeeee\"];\n";
    BOOST_TEST(draw(tape) == "digraph xgrad {\n    node [shape=box, fontname=\"monospace\", fontsize=11];\n"
                             "    b0 [label=\"%0 = input \\\"x\\\"\\lfloat32 (3, 4)\\l" + at(line) + leaf +
                             "    b1 [label=\"%1 = parameter \\\"w\\\"\\lfloat32 (4,)\\l" + at(line) + leaf +
                             "    b2 [label=\"%2 = add %0 %1\\lfloat32 (3, 4)\\l" + at(line + 1) + "];\n"
                             "    b3 [label=\"%3 = tanh %2\\lfloat32 (3, 4)\\l" + at(line + 1) + "];\n"
                             "    b4 [label=\"%5 = multiply 2 %3\\lfloat32 (3, 4)\\l" + at(line + 1) + "];\n"
                             "    b0 -> b2;\n    b1 -> b2;\n    b2 -> b3;\n    b3 -> b4;\n}\n");
}

BOOST_AUTO_TEST_CASE(a_step_as_dot) {
    xg::Tape tape;
    const Var x = tape.parameter(2.0, "x"), y = tanh(x);
    const std::size_t size = (void(gradient(y, x)), tape.size());
    const std::string dot = draw(Step{.outputs = {y}, .updates = {{x, x - gradient(y, x)}}});
    BOOST_TEST(part_of(dot, "tanh %0") == "forward");
    BOOST_TEST(part_of(dot, "multiply %1 %1") == "backward");
    BOOST_TEST(part_of(dot, "subtract 1 %3") == "backward");
    BOOST_TEST(part_of(dot, "subtract %0 %4") == "update");
    BOOST_TEST(contains(dot, "    b5 [label=\"output 0\", shape=ellipse];\n    b6 [label=\"update of \\\"x\\\"\", shape=ellipse];\n"));
    BOOST_TEST(contains(dot, "    b1 -> b5;\n    b4 -> b6;\n}\n"), dot);
    BOOST_TEST(tape.size() == size + 1); // the subtraction; nothing that was recorded to find gradients has stayed
}

BOOST_AUTO_TEST_CASE(a_value_and_its_gradient_are_told_apart) {
    xg::Tape tape;
    const Var x = tape.input<double>({3}, "x");
    const Var y = sum(square(x)), g = gradient(y, x);
    const std::string dot = draw(Step{.outputs = {y, g, norm(g)}, .updates = {}});
    BOOST_TEST(part_of(dot, "square %0") == "forward");
    BOOST_TEST(contains(line_with(dot, " = multiply 2 %0\\l"), "\\lbackward, draw.cpp:"), dot);
    BOOST_TEST(contains(line_with(dot, " = sqrt "), "\\lbackward, draw.cpp:"), dot); // what is made of a gradient
    // The same node is no gradient if nothing is differentiated.
    const std::string alone = draw(Step{.outputs = {g}, .updates = {}});
    BOOST_TEST(contains(line_with(alone, " = multiply 2 %0\\l"), "\\lforward, draw.cpp:"), alone);
    // That other gradients stand on the tape makes no difference.
    (void)gradient(norm(g), x);
    BOOST_TEST(draw(Step{.outputs = {y, g, norm(g)}, .updates = {}}) == dot);
    // Outputs that are made of gradients, and whose own are nodes that stand: exp(dy/dc) by a, and half of 2 c by c.
    const Var a = tape.parameter(1.0, "a"), c = tape.parameter(2.0, "c"), product = a * c, power = exp(c), z = product + power,
              e = exp(gradient(z, c));
    BOOST_TEST(gradient(e, a).is(e));
    const std::string made = draw(Step{.outputs = {z, e}, .updates = {}});
    BOOST_TEST(part_of(made, fmt::format("exp %{}", node(c))) == "forward");
    BOOST_TEST(part_of(made, fmt::format("exp %{}", node(gradient(z, c)))) == "backward");
    BOOST_TEST(part_of(made, fmt::format("add %{} %{}", node(power), node(a))) == "backward");
    const Var slope = gradient(square(c), c);
    const std::string linear = draw(Step{.outputs = {square(c), 0.5 * slope, tape.constant(1.0)}, .updates = {}});
    BOOST_TEST(part_of(linear, fmt::format("multiply 2 %{}", node(c))) == "backward");
    // Its own derivative.
    const Var itself = exp(c);
    BOOST_TEST(!contains(draw(Step{.outputs = {itself, gradient(itself, c)}, .updates = {}}), "backward"));
}

BOOST_AUTO_TEST_CASE(the_parts_of_training) {
    xg::Tape tape;
    const xg::models::Linear layer(tape, 4, 3);
    const Var x = tape.input<float>({5, 4}, "x"), labels = tape.input<std::int64_t>({5}, "labels");
    const Var scores = layer(x), loss = xg::models::softmax_loss(scores, labels), right = mean(argmax(scores, 1) == labels);
    const auto updates = xg::optim::Adam{}.minimize(loss);
    const std::string dot = draw(Step{.outputs = {right, loss}, .updates = updates});
    BOOST_TEST(contains(line_with(dot, " = argmax "), "forward"));
    BOOST_TEST(contains(line_with(dot, " = log "), "forward"));
    BOOST_TEST(contains(line_with(dot, " = unpick "), "backward"));
    BOOST_TEST(contains(line_with(dot, " = matmul (ta) "), "backward"));
    const std::regex update("lupdate, draw.cpp");
    // Two parameters with their two slots each, and the count: 7 of these follow from what only updates need.
    BOOST_TEST(std::distance(std::sregex_iterator(dot.begin(), dot.end(), update), {}) >= 7);
    BOOST_TEST(!contains(line_with(dot, " = matmul (ta) "), "update"));
    const std::string of_slots = line_with(dot, "label=\"update of \\\"adam.m/linear.bias\\\"\"");
    BOOST_TEST(contains(of_slots, "shape=ellipse"));

    // Without the loss among the outputs, it is named; else nothing tells gradients from what is made of them.
    const Step silent{.outputs = {}, .updates = updates};
    BOOST_TEST(contains(line_with(draw(silent, {.loss = loss}), " = matmul (ta) "), "backward"));
    BOOST_TEST(contains(line_with(draw(silent), " = matmul (ta) "), "update"));
}

BOOST_AUTO_TEST_CASE(what_has_no_derivative_is_drawn) {
    xg::Tape tape;
    const Var x = tape.parameter({1.0, 2.0}, "x");
    const Var y = sum(xg::record(Half{}, x));
    const std::size_t size = tape.size();
    const std::string dot = draw(Step{.outputs = {y}, .updates = {{x, 2 * x}}});
    BOOST_TEST(part_of(dot, "half %0") == "forward");
    BOOST_TEST(part_of(dot, "multiply 2 %0") == "update");
    BOOST_TEST(tape.size() == size + 2); // the number and the product
    BOOST_TEST(y.scalar<double>() == 1.5);
    // A constant as an output has a box, though numbers have none.
    BOOST_TEST(contains(draw(Step{.outputs = {tape.constant(3.0)}, .updates = {}}), " = 3\\lfloat64 ()\\l"));
}

BOOST_AUTO_TEST_CASE(random_numbers_stay_as_they_were) {
    xg::Tape tape;
    xg::Random random(tape, 7);
    const Var w = tape.parameter({1.0, 2.0}, "w");
    const auto noisy = xg::custom_vjp([](Var x) { return tanh(x); }, [&](Var g, Var, Var) { return g * random.uniform({2}, 0, 1, xg::DType::float64); });
    const Var loss = sum(noisy(w));
    const Step step{.outputs = {loss}, .updates = {{w, w - gradient(loss, w)}}};
    BOOST_TEST(contains(line_with(draw(step), " = random stream 0 "), "update"));
    (void)random.uniform({2});
    BOOST_TEST(contains(tape.str(), " = random stream 1 ")); // and not 2, as if the picture had drawn
    // What is computed twice to save memory is found, too.
    const auto again = xg::checkpoint([&](Var x) { return exp(dropout(x, 0.5, random)); });
    const Var kept = sum(again(w));
    const std::string dot = draw(Step{.outputs = {kept}, .updates = {{w, w - gradient(kept, w)}}});
    BOOST_TEST(contains(line_with(dot, fmt::format(" = again %{}\\l", node(w))), "backward"), dot);
}

BOOST_AUTO_TEST_CASE(a_step_while_it_is_traced) {
    xg::Tape tape;
    const Var w = tape.parameter({1.0, 2.0}, "w");
    std::string dot;
    auto train = tape.function([&](Var x) {
        const Var loss = sum(square(w - x));
        const Step step{.outputs = {loss}, .updates = {{w, w - 0.25 * gradient(loss, w)}}};
        dot = draw(step);
        return step;
    });
    BOOST_TEST(train(xt::xarray<double>{0, 0}).scalar<double>() == 5);
    BOOST_TEST(contains(dot, "backward"), dot);
    BOOST_TEST(same(w.value<double>(), xt::xarray<double>{0.5, 1}));
}

BOOST_AUTO_TEST_CASE(text_is_escaped) {
    xg::Tape tape;
    (void)tape.parameter(1.0, "a<b>&\"c\"\\d\n\xff \xc3\xa9 \xed\xa0\x80 \xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf");
    const std::string dot = draw(tape), svg = draw(tape, {.format = DrawFormat::svg});
    BOOST_TEST(contains(dot, "[label=\"%0 = parameter \\\"a<b>&\\\"c\\\"\\\\d?? \xc3\xa9 ??? \xef\xbf\xbd??????\\\"\\l"), dot);
    BOOST_TEST(contains(svg, ">%0 = parameter &quot;a&lt;b&gt;&amp;&quot;c&quot;\\d?? \xc3\xa9 ??? \xef\xbf\xbd??????&quot;<"), svg);
    test_files::check_svg(svg);
}

BOOST_AUTO_TEST_CASE(svg_of_a_step) {
    xg::Tape tape;
    const Var w = tape.parameter({0.0, 0.0}, "w"), x = tape.input<double>({3, 2}, "x"), y = tape.input<double>({3}, "y");
    const Var loss = mean(square(matmul(x, w) - y));
    const std::string svg = draw(Step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}}, {.format = DrawFormat::svg});
    check_layout(svg);
    for (const char* text : {"parameter &quot;w&quot;", "forward, draw.cpp:", "backward, draw.cpp:", "update, draw.cpp:", ">output 0<", "stroke-dasharray", "stroke-width=\"2.5\""})
        BOOST_TEST(contains(svg, text), text);
    check_layout(draw(tape, {.format = DrawFormat::svg}));
    test_files::check_svg(draw(xg::Tape(), {.format = DrawFormat::svg}));

    // The first reader of a leaf may stand below the second one.
    xg::Tape other;
    const Var a = other.input<double>({3}, "a"), b = other.input<double>({3}, "b"), c = other.input<double>({3}, "c");
    (void)(tanh(exp(tanh(a))) + b);
    (void)(b * c);
    check_layout(draw(other, {.format = DrawFormat::svg}));
}

BOOST_AUTO_TEST_CASE(svg_of_a_hundred_nodes) {
    Random random(7);
    xg::Tape tape;
    std::vector<Var> nodes{tape.input<double>({3}, "x"), tape.input<double>({3}, "y")};
    while (nodes.size() < 100) {
        const auto any = [&] { return nodes[random.bits() % nodes.size()]; };
        nodes.push_back(random.integer(0, 2) == 0 ? tanh(any()) : any() * any() + static_cast<double>(nodes.size()));
    }
    check_layout(draw(tape, {.format = DrawFormat::svg}));
}

BOOST_AUTO_TEST_CASE(a_program) {
    xg::Tape tape;
    const Var w = tape.parameter({0.0, 0.0}, "w"), x = tape.input<double>({3, 2}, "x"), y = tape.input<double>({3}, "y");
    const Var loss = mean(square(matmul(x, w) - y));
    const auto program = tape.compile({.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}}, {x, y});
    const std::string dot = draw(program);
    for (const char* part : {"[label=\"input \\\"x\\\"\\lfloat64 (3, 2)\\l\"", "[label=\"loop over 3 rows, 3 at a time\\l  forward ", "\\l  forward   square : 1\\l",
                             "\\l  backward  narrow matmul adjoint : 1\\l", "\\l  update    ", "[label=\"output 0\", shape=ellipse]", "[label=\"update of parameter \\\"w\\\"\", shape=ellipse]"})
        BOOST_TEST(contains(dot, part), part << " is not in\n" << dot);
    const std::string svg = draw(program, {.format = DrawFormat::svg});
    check_layout(svg);
    BOOST_TEST(contains(svg, ">  forward   square : 1<"));
}

BOOST_AUTO_TEST_CASE(a_program_of_products_and_calls) {
    xg::Tape tape;
    const Var x = tape.input<double>({100, 300}, "x"), w = tape.parameter(filled<double>({300, 64}, 0.01), "w");
    const Var y = matmul(x, w), z = tanh(y), half = xg::record(Half{}, z);
    const std::string dot = draw(tape.compile({.outputs = {half, sum(y)}, .updates = {}}, {x}));
    const auto box = [](const std::string& line) { return line.substr(4, line.find(' ', 4) - 4); };
    const std::string product = line_with(dot, "\"product 100 x 300 x 64, forward\""), call = line_with(dot, "\"call half : float64 (100, 64), forward\"");
    const std::string loop = line_with(dot, "  forward   tanh : ");
    BOOST_TEST(contains(loop, "\\l  output 1  sum : "), loop);
    for (const auto& [from, to] : {std::pair(product, loop), std::pair(loop, call)})
        BOOST_TEST(contains(dot, "    " + box(from) + " -> " + box(to) + ";\n"), dot);
    BOOST_TEST(!contains(dot, "    " + box(product) + " -> " + box(call) + ";\n"), dot);
}

BOOST_AUTO_TEST_CASE(loops_that_share_nothing) {
    xg::Tape tape;
    const Var x = tape.input<double>({1000, 40}, "x"), y = tape.input<double>({2000, 40}, "y"), w = tape.parameter(filled<double>({40, 3}, 1), "w");
    const std::string dot = draw(tape.compile({.outputs = {sum(tanh(x)), sum(tanh(matmul(y, w)))}, .updates = {}}, {x, y}));
    const std::string first = line_with(dot, "\"loop over 40000 rows, "), second = line_with(dot, "\"loop over 2000 rows, ");
    const auto box = [](const std::string& line) { return line.substr(4, line.find(' ', 4) - 4); };
    BOOST_TEST(contains(second, "narrow matmul"), second);
    BOOST_TEST(!contains(dot, box(first) + " -> " + box(second) + ";"), dot);
}

BOOST_AUTO_TEST_CASE(a_program_that_trains) {
    xg::Tape tape;
    const xg::models::Linear layer(tape, 96, 10);
    const Var x = tape.input<float>({16, 96}, "x"), labels = tape.input<std::int64_t>({16}, "labels");
    const Var scores = layer(x), loss = xg::models::softmax_loss(scores, labels) + 1e-3 * xg::models::l2(layer.weights());
    const auto program = tape.compile({.outputs = {loss, mean(argmax(scores, 1) == labels)}, .updates = xg::optim::Momentum{0.1}.minimize(loss)}, {x, labels});
    const std::string dot = draw(program);
    for (const char* part : {"  forward   exp : 10\\l", "  output 1  argmax : 10\\l", "  output 1  equal : 1\\l", "  backward  unpick : 10\\l", "  backward  narrow matmul adjoint : 10\\l"})
        BOOST_TEST((contains(dot, part) || contains(dot, std::regex_replace(part, std::regex(" : 10"), " : 1"))), part << " is not in\n" << dot);
    BOOST_TEST(!contains(dot, "\\l            "), dot); // each call leads somewhere
    check_layout(draw(program, {.format = DrawFormat::svg}));
}

BOOST_AUTO_TEST_SUITE_END()
