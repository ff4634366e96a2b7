// What the errors of checkpoints and of numbers that do not fit advise: whoever does it has a right program.

#include <limits>

#include "../folder.hpp"
#include "../support.hpp"

using namespace test;
namespace models = xg::models;
using xg::Var;

namespace {

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(advice)

BOOST_AUTO_TEST_CASE(checkpoints) {
    const Folder folder;
    xg::Tape trained, fresh;
    const Var w = trained.parameter(xt::xarray<double>{1, 2}, "w"), v = fresh.parameter(xt::xarray<double>{3, 4}, "w");
    trained.compile({.outputs = {}, .updates = xg::optim::Adam{}.minimize(sum(square(w)))}, {})();
    const xt::xarray<double> before = w.value<double>();
    BOOST_TEST(says(error_of([&] { models::save(fresh, folder.file("run.bin")); }), "ends in .npz or .safetensors"));
    models::save(fresh, folder.file("run.npz"));
    const std::string text = error_of([&] { models::load(trained, folder.file("run.npz")); });
    BOOST_TEST(says(text, "to load the model, pass {.group = xgrad::models::Group::model}"), text);
    BOOST_TEST(same(w.value<double>(), before));
    models::load(trained, folder.file("run.npz"), {.group = xgrad::models::Group::model});
    BOOST_TEST(same(w.value<double>(), v.value<double>()));
}

BOOST_AUTO_TEST_CASE(numbers_that_do_not_fit) {
    xg::Tape tape;
    const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
    const xt::xarray<std::uint64_t> all{1, huge};
    const Var n = tape.parameter(xt::xarray<std::int64_t>{1, 2}, "n"), x = tape.parameter(xt::xarray<double>{1, 2}, "x");
    const auto check = [](const std::string& text, const char* name, int line) {
        BOOST_TEST((text.starts_with(name) && says(text, "18446744073709551615") && text.ends_with(at(line))), text);
    };
    check(error_of([&] { (void)tape.constant(huge); }), "constant: ", __LINE__);
    check(error_of([&] { (void)tape.constant(all); }), "constant: ", __LINE__);
    check(error_of([&] { tape.assign(n, all); }), "assign: ", __LINE__);
    auto f = tape.function([](Var a) { return a * 2; });
    check(error_of([&] { f(all); }), "", __LINE__);
    BOOST_TEST(same(n.value<std::int64_t>(), xt::xarray<std::int64_t>{1, 2}));
    // The advice: as floating numbers.
    const xt::xarray<double> real = all;
    tape.assign(x, real);
    BOOST_TEST(same(x.value<double>(), real));
    BOOST_TEST(f(real).array<double>()(1) == 2 * real(1));
}

BOOST_AUTO_TEST_SUITE_END()
