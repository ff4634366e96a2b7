// Whatever is wrong about a loss or what is to be trained, the error names what the user called, and its line.

#include "../error_names.hpp"

using namespace test;
using namespace xgrad::optim;
using xgrad::Var;

namespace {

const std::vector<std::pair<const char*, Transformation>> rules = {
    {"GD", GD{}}, {"SGD", SGD{.momentum = 0.9}}, {"Momentum", Momentum{}}, {"Nesterov", Nesterov{}}, {"Adagrad", Adagrad{}},
    {"Adadelta", Adadelta{}}, {"RMSProp", RMSProp{}}, {"Rprop", Rprop{}}, {"Adam", Adam{}}, {"AMSGrad", AMSGrad{}}, {"AdamW", AdamW{}},
    {"Adamax", Adamax{}}, {"NAdam", NAdam{}}, {"RAdam", RAdam{}}, {"Lion", Lion{}}, {"LAMB", LAMB{}}, {"LARS", LARS{}},
    {"a chain", chain(ClipByGlobalNorm{1.0}, SGD{.learning_rate = Cosine{}}, MovingAverage{})}, {"Accumulate", Accumulate{.rule = SGD{}}},
};

void check(const char* what, const std::string& text, const char* name, int line) {
    BOOST_TEST((text == "no error" || (text.starts_with(std::string(name) + ": ") && text.ends_with(at(line)))),
               fmt::format("{} says: {}", what, text));
}

} // namespace

BOOST_AUTO_TEST_SUITE(error_names)

BOOST_AUTO_TEST_CASE(of_losses_and_parameters) {
    const Candidates candidates;
    std::size_t errors = 0;
    for (const auto& named : rules) // clang 14 captures no structured bindings
        for (const Var& loss : candidates.vars) {
            const int line = __LINE__ + 1;
            const std::string all = error_of([&] { (void)minimize(named.second, loss); });
            check(named.first, all, "minimize", line);
            errors += all != "no error";
            for (const Var& p : candidates.vars) {
                const int here = __LINE__ + 1;
                check(named.first, error_of([&] { (void)minimize(named.second, loss, {p}); }), "minimize", here);
            }
        }
    BOOST_TEST(errors > 100u);
}

BOOST_AUTO_TEST_CASE(of_searches) {
    const Candidates candidates;
    for (const Var& loss : candidates.vars) {
        const int line = __LINE__ + 1;
        check("Problem", error_of([&] { Problem problem(loss, {}); }), "Problem", line);
    }
}

BOOST_AUTO_TEST_SUITE_END()
