// The losses against plain loops, in all forms and reductions; their derivatives; what they say about wrong shapes.

#include "../gradient_table.hpp"
#include "../reference.hpp"

using namespace test;
using namespace xg::models;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;
using Labels = xt::xarray<std::int64_t>;
using Lines = std::vector<std::vector<double>>;

constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

/// What a reduction makes of the losses of the examples, divided by `count` for the mean.
Doubles reduced(const std::vector<double>& losses, Reduction reduction, double count) {
    if (reduction == Reduction::none) {
        auto result = Doubles::from_shape({losses.size()});
        std::copy(losses.begin(), losses.end(), result.data());
        return result;
    }
    const double total = std::accumulate(losses.begin(), losses.end(), 0.0);
    return filled<double>({}, reduction == Reduction::mean ? total / count : total);
}

struct Problem {
    Doubles scores;
    Labels labels;
    std::size_t n() const { return scores.shape()[0]; }
    std::size_t classes() const { return scores.shape()[1]; }
    std::size_t label(std::size_t i) const { return static_cast<std::size_t>(labels(i)); }
};

std::vector<Problem> problems() {
    Random random(3);
    std::vector<Problem> result;
    for (const auto& [n, c] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {1, 5}, {7, 3}, {100, 10}, {3, 300}})
        result.push_back({random_array<double>({n, c}, random, -3, 3), random_array<std::int64_t>({n}, random, 0, static_cast<double>(c - 1))});
    return result;
}

double hinge_reference(const Problem& p, std::size_t i, const SvmOptions& o) {
    const auto hinge = [&](double x) { return o.squared ? std::pow(std::max(0.0, x), 2) : std::max(0.0, x); };
    double total = 0, worst = 0;
    for (std::size_t j = 0; j < p.classes(); ++j) {
        const bool right = j == p.label(i);
        if (o.form == Hinge::one_versus_all) total += hinge(o.margin - (right ? 1 : -1) * p.scores(i, j));
        else if (!right) {
            const double one = hinge(p.scores(i, j) - p.scores(i, p.label(i)) + o.margin);
            total += one;
            worst = std::max(worst, one);
        }
    }
    return o.form == Hinge::crammer_singer ? worst : total;
}

double softmax_reference(const Problem& p, std::size_t i, double smoothing, const std::vector<double>& weights) {
    double sum = 0, loss = 0;
    for (std::size_t j = 0; j < p.classes(); ++j) sum += std::exp(p.scores(i, j));
    for (std::size_t j = 0; j < p.classes(); ++j) {
        const double target = smoothing / static_cast<double>(p.classes()) + (j == p.label(i) ? 1 - smoothing : 0);
        loss -= weights[j] * target * (p.scores(i, j) - std::log(sum));
    }
    return loss;
}

/// A loss of two arrays, element by element.
void check_pairs(std::function<Var(Var, Var, Reduction)> loss, double (*reference)(double, double), double low, double high) {
    Random random(8);
    for (const Extents& shape : {Extents{}, {1}, {7}, {5, 3}, {2, 3, 40}}) {
        const auto x = random_array<double>(shape, random, low, high), t = random_array<double>(shape, random, 0.05, 0.95);
        const Doubles each = map<double>(reference, x, t);
        for (const Reduction r : reductions) {
            const double total = std::accumulate(each.data(), each.data() + each.size(), 0.0);
            const Doubles expected = r == Reduction::none ? each : filled<double>({}, r == Reduction::sum ? total : total / static_cast<double>(each.size()));
            BOOST_TEST(same(run<double>([&](Var a, Var b) { return loss(a, b, r); }, x, t), expected, 1e-12, 1e-14), xg::Shape(shape).str());
        }
    }
}

/// A loss of scores (N, C) for fixed labels.
GradientRow classification(std::string name, std::function<Var(Var, Var)> loss) {
    return {std::move(name), [loss](const Vars& x) {
                const std::size_t n = x[0].shape()[0], c = x[0].shape()[1];
                auto labels = Labels::from_shape({n});
                for (std::size_t i = 0; i < n; ++i) labels(i) = static_cast<std::int64_t>((i * 5 + 2) % c);
                return loss(x[0], x[0].tape().constant(labels));
            }, {{{1, 1}}, {{4, 3}}, {{1, 5}}, {{6, 2}}}};
}

const std::vector<GradientRow> rows = {
    classification("softmax", [](Var s, Var l) { return softmax_loss(s, l); }),
    classification("softmax_sum", [](Var s, Var l) { return softmax_loss(s, l, {.reduction = Reduction::sum}); }),
    classification("softmax_none", [](Var s, Var l) { return square(softmax_loss(s, l, {.label_smoothing = 0.2, .reduction = Reduction::none})); }),
    classification("softmax_weighted", [](Var s, Var l) { return softmax_loss(s, l, {.label_smoothing = 0.1, .class_weights = 0.5 + square(sum(s, 0))}); }),
    classification("weston_watkins", [](Var s, Var l) { return svm_loss(s, l); }),
    classification("weston_watkins_squared", [](Var s, Var l) { return svm_loss(s, l, {.margin = 0.5, .squared = true}); }),
    classification("crammer_singer", [](Var s, Var l) { return svm_loss(s, l, {.form = Hinge::crammer_singer}); }),
    classification("crammer_singer_squared", [](Var s, Var l) { return svm_loss(s, l, {.squared = true, .form = Hinge::crammer_singer, .reduction = Reduction::none}); }),
    classification("one_versus_all", [](Var s, Var l) { return svm_loss(s, l, {.form = Hinge::one_versus_all}); }),
    classification("one_versus_all_squared", [](Var s, Var l) { return svm_loss(s, l, {.squared = true, .form = Hinge::one_versus_all, .reduction = Reduction::sum}); }),
    {"binary", [](const Vars& x) { return binary_loss(x[0], sigmoid(x[1]), {.positive_weight = 1 + square(x[2]), .reduction = Reduction::none}); },
     {{{4, 3}, {4, 3}, {3}}, {{5}, {5}, {}}, {{}, {}, {}}, {{0}, {0}, {}}}},
    {"binary_weights", [](const Vars& x) { return binary_loss(x[0], sigmoid(x[1]), {.weights = exp(x[1])}); }, {{{4, 3}, {4, 3}}, {{5}, {5}}, {{}, {}}}},
    {"squared_error", [](const Vars& x) { return squared_error(x[0], x[1]); }, {{{4, 3}, {4, 3}}, {{1}, {1}}, {{}, {}}}},
    {"absolute_error", [](const Vars& x) { return absolute_error(x[0], x[1], Reduction::none) * x[0]; }, {{{4, 3}, {4, 3}}, {{1}, {1}}, {{}, {}}}},
    {"huber", [](const Vars& x) { return huber_loss(x[0], x[1], 0.7, Reduction::sum); }, {{{4, 3}, {4, 3}}, {{1}, {1}}, {{}, {}}}},
    {"kl_divergence", [](const Vars& x) { return kl_divergence(log_softmax(x[0]), softmax(x[1])); }, {{{4, 3}, {4, 3}}, {{5}, {5}}}},
    {"kl_divergence_of_logs", [](const Vars& x) { return kl_divergence(log_softmax(x[0]), log_softmax(x[1]), {.log_targets = true, .reduction = Reduction::none}); },
     {{{4, 3}, {4, 3}}, {{5}, {5}}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(losses)

const Cases cases(rows, check_gradient);

BOOST_AUTO_TEST_CASE(hinge_values) {
    for (const Problem& p : problems())
        for (const Hinge form : {Hinge::weston_watkins, Hinge::crammer_singer, Hinge::one_versus_all})
            for (const bool squared : {false, true})
                for (const Reduction r : reductions) {
                    const SvmOptions options{.margin = 0.75, .squared = squared, .form = form, .reduction = r};
                    std::vector<double> losses;
                    for (std::size_t i = 0; i < p.n(); ++i) losses.push_back(hinge_reference(p, i, options));
                    BOOST_TEST(same(run<double>([&](Var s, Var l) { return svm_loss(s, l, options); }, p.scores, p.labels), reduced(losses, r, static_cast<double>(p.n())), 1e-12, 1e-13));
                }
}

BOOST_AUTO_TEST_CASE(softmax_values) {
    Random random(4);
    for (const Problem& p : problems()) {
        const auto weights = random_array<double>({p.classes()}, random, 0.2, 3);
        for (const double smoothing : {0.0, 0.3, 1.0})
            for (const bool weighted : {false, true})
                for (const Reduction r : reductions) {
                    std::vector<double> w(p.classes(), 1), losses;
                    if (weighted) w.assign(weights.data(), weights.data() + weights.size());
                    double count = 0;
                    for (std::size_t i = 0; i < p.n(); ++i) {
                        losses.push_back(softmax_reference(p, i, smoothing, w));
                        count += w[p.label(i)];
                    }
                    const auto loss = [&](Var s, Var l, Var v) {
                        return softmax_loss(s, l, {.label_smoothing = smoothing, .class_weights = weighted ? v : Var{}, .reduction = r});
                    };
                    BOOST_TEST(same(run<double>(loss, p.scores, p.labels, weights), reduced(losses, r, count), 1e-12, 1e-13));
                }
    }
}

BOOST_AUTO_TEST_CASE(values_of_pairs) {
    check_pairs([](Var x, Var t, Reduction r) { return binary_loss(x, t, {.reduction = r}); },
                [](double x, double t) { return t * std::log1p(std::exp(-x)) + (1 - t) * std::log1p(std::exp(x)); }, -9, 9);
    check_pairs([](Var x, Var t, Reduction r) { return binary_loss(x, t, {.positive_weight = x.tape().constant(2.5), .reduction = r}); },
                [](double x, double t) { return 2.5 * t * std::log1p(std::exp(-x)) + (1 - t) * std::log1p(std::exp(x)); }, -9, 9);
    check_pairs([](Var x, Var t, Reduction r) { return squared_error(x, t, r); }, [](double x, double t) { return (x - t) * (x - t); }, -9, 9);
    check_pairs([](Var x, Var t, Reduction r) { return absolute_error(x, t, r); }, [](double x, double t) { return std::abs(x - t); }, -9, 9);
    check_pairs([](Var x, Var t, Reduction r) { return huber_loss(x, t, 1.5, r); },
                [](double x, double t) { const double d = std::abs(x - t); return d <= 1.5 ? d * d / 2 : 1.5 * (d - 0.75); }, -4, 4);
    check_pairs([](Var x, Var t, Reduction r) { return kl_divergence(x, t, {.reduction = r}); }, [](double x, double t) { return t * (std::log(t) - x); }, -9, 0);
    check_pairs([](Var x, Var t, Reduction r) { return kl_divergence(x, t, {.log_targets = true, .reduction = r}); }, [](double x, double t) { return std::exp(t) * (t - x); }, -9, 0);
}

BOOST_AUTO_TEST_CASE(at_the_ends) {
    // Far out the binary loss and its slope keep their digits, and do not overflow.
    const Doubles x = {-1000, -40, 0, 40, 1000};
    xg::Tape tape;
    const Var s = tape.parameter(x);
    for (const double t : {0.0, 1.0}) {
        const Var loss = binary_loss(s, t, {.reduction = Reduction::none});
        const double tiny = std::exp(-40.0), ln2 = std::log(2.0);
        BOOST_TEST(same(loss.value<double>(), t == 0 ? Doubles{0, tiny, ln2, 40, 1000} : Doubles{1000, 40, ln2, tiny, 0}, 1e-13));
        BOOST_TEST(same(gradient(sum(loss), s).value<double>(), t == 0 ? Doubles{0, tiny, 0.5, 1, 1} : Doubles{-1, -1, -0.5, -tiny, 0}, 1e-13));
    }
    BOOST_TEST(same(binary_loss(s, s > 0, {.reduction = Reduction::none}).value<double>(), Doubles{0, std::exp(-40.0), std::log(2.0), std::exp(-40.0), 0}, 1e-13));
    const Var q = tape.parameter(Doubles{-1, -2});
    BOOST_TEST(kl_divergence(q, tape.constant(Doubles{0, 1}), {.reduction = Reduction::sum}).scalar<double>() == 2);
    BOOST_TEST(same(gradient(kl_divergence(q, tape.constant(Doubles{0, 1}), {.reduction = Reduction::sum}), q).value<double>(), Doubles{0, -1}));
    const Var d = tape.parameter(Doubles{-2, -1, 0, 1, 2});
    BOOST_TEST(same(gradient(huber_loss(d, 0, 1, Reduction::sum), d).value<double>(), Doubles{-1, -1, 0, 1, 1}));
    BOOST_TEST(same(gradient(absolute_error(d, 0, Reduction::sum), d).value<double>(), Doubles{-1, -1, 0, 1, 1}));
    const Var scores = tape.constant(Doubles{{1000, -1000}}), labels = tape.constant(Labels{1});
    BOOST_TEST(softmax_loss(scores, labels).scalar<double>() == 2000);
    BOOST_TEST(softmax_loss(scores, labels, {.label_smoothing = 0.5}).scalar<double>() == 1500);
}

BOOST_AUTO_TEST_CASE(small_losses_of_large_scores_keep_their_digits) {
    xg::Tape tape;
    const Var s = tape.constant(Doubles{{1e6, 1e6 - 8}, {-1e6, -1e6}}), l = tape.constant(Labels{0, 1});
    BOOST_TEST(same(softmax_loss(s, l, {.reduction = Reduction::none}).value<double>(), Doubles{std::log1p(std::exp(-8.0)), std::log(2.0)}, 1e-12));
}

BOOST_AUTO_TEST_CASE(softmax_of_places_with_some_ignored) { // torch's cross_entropy of (2, 3, 2), ignore_index = -100
    const Doubles scores = {{{1, -2}, {0.5, 3}, {2, 0.25}}, {{-1, 0}, {1.5, -0.5}, {0, 2}}}, weights = {1, 2, 0.5};
    const xt::xarray<std::int64_t> labels = {{2, 0}, {-100, 1}};
    struct Row {
        bool weighted;
        double smoothing, mean;
        Doubles each, slope;
    };
    for (const Row& row : std::vector<Row>{
             {false, 0, 2.743127862214443, {{0.4643687841079449, 5.068280705615766}, {0, 2.696734096919617}},
              {{{0.07707463254071634, -0.33123558974629164}, {0.04674812772202949, 0.31133275274002514}, {-0.12382276026274586, 0.01990283700626653}},
               {{0, 0.037055207434140376}, {0, -0.31085821392251567}, {0, 0.2738030064883753}}}},
             {true, 0, 3.055409511859706, {{0.23218439205397245, 5.068280705615766}, {0, 5.393468193839234}},
              {{{0.03303198537459272, -0.2839162197825357}, {0.020034911880869782, 0.2668566452057359}, {-0.05306689725546251, 0.017059574576799883}},
               {{0, 0.06352321274424065}, {0, -0.5328997952957412}, {0, 0.4693765825515005}}}},
             {false, 0.2, 2.5709056399922208, {{0.6310354507746117, 4.584947372282433}, {0, 2.496734096919617}},
              {{{0.05485241031849412, -0.2867911453018472}, {0.024525905499807266, 0.2891105305178029}, {-0.0793783158183014, -0.0023193852159556967}},
               {{0, 0.014832985211918148}, {0, -0.2664137694780712}, {0, 0.251580784266153}}}},
             {true, 0.2, 2.8239055628830347, {{0.5607668966016984, 4.4955567291362915}, {0, 4.827345844352631}},
              {{{0.022792895760198398, -0.24576104615623928}, {-0.012717683046136368, 0.23765662861735565}, {-0.010075212714062044, 0.00810441753888369}},
               {{0, 0.03918199263460155}, {0, -0.45992005044966755}, {0, 0.42073805781506596}}}}}) {
        xg::Tape tape;
        const Var s = tape.parameter(scores), l = tape.constant(labels);
        SoftmaxOptions options{.label_smoothing = row.smoothing, .ignore_index = -100};
        if (row.weighted) options.class_weights = tape.constant(weights);
        const Var mean = softmax_loss(s, l, options);
        BOOST_TEST(mean.scalar<double>() == row.mean, boost::test_tools::tolerance(1e-14));
        BOOST_TEST(same(gradient(mean, s).value<double>(), row.slope, 1e-13, 1e-15));
        options.reduction = Reduction::none;
        BOOST_TEST(same(softmax_loss(s, l, options).value<double>(), row.each, 1e-14, 1e-15));
        options.reduction = Reduction::sum;
        BOOST_TEST(softmax_loss(s, l, options).scalar<double>() == xt::sum(row.each)(), boost::test_tools::tolerance(1e-14));
    }
}

BOOST_AUTO_TEST_CASE(places_are_examples) {
    xg::Tape tape;
    const Var s = tape.constant(Doubles{{{1, -2}, {0.5, 3}, {2, 0.25}}, {{-1, 0}, {1.5, -0.5}, {0, 2}}}), l = tape.constant(xt::xarray<std::int64_t>{{2, 0}, {1, 1}});
    const Var rows = reshape(transpose(s, {0, 2, 1}), {4, 3}), flat = reshape(l, -1);
    BOOST_TEST(softmax_loss(s, l).scalar<double>() == softmax_loss(rows, flat).scalar<double>());
    BOOST_TEST(softmax_loss(rows, flat, {.ignore_index = 7}).scalar<double>() == softmax_loss(rows, flat).scalar<double>(), boost::test_tools::tolerance(1e-15));
    BOOST_TEST(std::isnan(softmax_loss(rows, tape.constant(filled<std::int64_t>({4}, 1)), {.ignore_index = 1}).scalar<double>()));
    BOOST_TEST(error_of([&] { softmax_loss(s, tape.constant(xt::xarray<std::int64_t>{{2, 3}, {1, 1}})).scalar<double>(); }).find("label 3 at position (1) is out of range") != std::string::npos);
    BOOST_TEST(xg::gradcheck([&](Var x) { return softmax_loss(x, x.tape().constant(xt::xarray<std::int64_t>{{{1, 9}, {0, 2}}}), {.label_smoothing = 0.1, .ignore_index = 9}); },
                             {Doubles{{{{1, -2}, {0.5, 3}}, {{2, 0.25}, {-1, 0}}, {{1.5, -0.5}, {0, 2}}}}}).ok);
}

BOOST_AUTO_TEST_CASE(huber_bends_inside_only) { // as PyTorch
    xg::Tape tape;
    const Var d = tape.parameter(Doubles{-2, -1, 0.5, 1, 2});
    const Var slope = gradient(huber_loss(d, 0, 1, Reduction::sum), d);
    BOOST_TEST(same(gradient(sum(slope), d).value<double>(), Doubles{0, 0, 1, 0, 0}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong) {
    xg::Tape tape;
    const Var s = tape.constant(filled<double>({4, 3}, 0)), l = tape.constant(filled<std::int64_t>({4}, 0)), w = tape.constant(filled<double>({4}, 1));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)softmax_loss(s, w); }) == "softmax_loss: takes scores (N, C) and labels (N,) int64, or (N, C, d...) and (N, d...), was given float64 (4, 3) and float64 (4,)" + at(line));
    BOOST_TEST(error_of([&] { (void)softmax_loss(s, l, {.class_weights = w}); }) == "softmax_loss: class_weights are float64 (4,), scores are float64 (4, 3); there must be one weight for each class, of the scores' dtype" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)softmax_loss(s, l, {.label_smoothing = 2}); }) == "softmax_loss: label_smoothing is 2; it must be from 0 to 1" + at(line + 2));
    BOOST_TEST(error_of([&] { (void)squared_error(s, w); }) == "squared_error: x is (4, 3) and the targets are (4,); the shapes must be equal" + at(line + 3));
    BOOST_TEST(error_of([&] { (void)huber_loss(s, s, 0); }) == "huber_loss: delta is 0; it must be above 0" + at(line + 4));
    const Var wrong = tape.constant(filled<std::int64_t>({4}, 3));
    BOOST_TEST(error_of([&] { svm_loss(s, wrong).scalar<double>(); }).find("label 3 at position (0) is out of range; there are 3 classes") != std::string::npos);
    BOOST_TEST(error_of([&] { softmax_loss(s, wrong, {.label_smoothing = 0.1}).scalar<double>(); }).find("label 3 at position (0) is out of range") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
