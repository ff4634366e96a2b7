// lgamma and its derivatives, beta, inverses of erf and ndtr, Bessel functions: values of 50 digits, ends, derivatives.

#include "../reference.hpp"
#include "../vmap_table.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

struct Values {
    std::string name;
    std::function<Var(Var)> f;
    std::vector<std::pair<double, double>> values; // x, f(x)
};
struct ValuesOfTwo {
    std::string name;
    std::function<Var(Var, Var)> f;
    std::vector<std::array<double, 3>> values; // a, b, f(a, b)
};

// By mpmath with 50 digits, rounded to doubles.
// clang-format off
const std::vector<Values> unary = {
    {"lgamma", [](Var x) { return lgamma(x); },
     {{1e-300, 0x1.5963447f87fb5p+9}, {0.1, 0x1.2058e35f3deeep+1}, {0.5, 0x1.250d048e7a1bdp-1}, {1.0001, -0x1.e422756cb35cdp-15},
      {1.4616321449683622, -0x1.f19b9bcc38a42p-4}, {1.9999, -0x1.62a151ce4a3dfp-15}, {2.5, 0x1.2383e809a67e8p-2}, {7.0, 0x1.a51273acf01cap+2},
      {30.5, 0x1.23d05ac006be7p+6}, {100000.0, 0x1.00a97b57f4c2ep+20}, {1e+300, 0x1.017f38e7a1ab5p+1006}, {-0.5, 0x1.43f89a3f0edd6p+0},
      {-2.0001, 0x1.108c173e84dbep+3}, {-2.4570247382208006, 0x1.0323b6d1fe86dp-54}, {-30.25, -0x1.2816ef5b73299p+6}}},
    {"digamma", [](Var x) { return digamma(x); },
     {{1e-300, -0x1.7e43c8800759bp+996}, {0.1, -0x1.4d8f668552b02p+3}, {1.0, -0x1.2788cfc6fb619p-1}, {1.4, -0x1.f6dcb86f223a3p-5},
      {2.5, 0x1.680425af12b5ep-1}, {9.99, 0x1.2016f32733d79p+1}, {10.0, 0x1.20396dc85cc95p+1}, {100000.0, 0x1.7069d82dcebc1p+3},
      {1e+300, 0x1.5963447f87fb5p+9}, {-0.5, 0x1.2aed059bd608ap-5}, {-3.001, 0x1.f4a065f5d5b7ep+9}, {-100.25, 0x1.f045737bcae4cp+2}}},
    {"trigamma", [](Var x) { return polygamma(1, x); },
     {{1e-100, 0x1.4e718d7d7625ap+664}, {0.1, 0x1.95bbb2c5c8286p+6}, {1.0, 0x1.a51a6625307d3p+0}, {2.5, 0x1.f62057f7296c9p-2},
      {11.0, 0x1.85cd22b6ed8f7p-4}, {100000.0, 0x1.4f8bc681cdfb5p-17}, {-0.5, 0x1.1de9e64df22efp+3}, {-3.001, 0x1.e84860323b8bdp+19},
      {-100.25, 0x1.3bab24fdfe4c6p+4}}},
    {"polygamma_2", [](Var x) { return polygamma(2, x); },
     {{1e-80, -0x1.33234de7ad7e4p+798}, {0.1, -0x1.f477221e20b89p+10}, {1.0, -0x1.33ba004f00621p+1}, {2.5, -0x1.e3bef327df0e7p-3},
      {13.0, -0x1.a2c30545e8c41p-8}, {100000.0, -0x1.b7cf1dd8d43cap-34}, {-0.25, 0x1.eaca1a84a4961p+6}, {-3.001, 0x1.dcd64fffa1765p+30}}},
    {"polygamma_3", [](Var x) { return polygamma(3, x); },
     {{1e-60, 0x1.ccb4f4db843d5p+799}, {0.1, 0x1.d4c90697c9621p+15}, {1.0, 0x1.9f9cb402bc46cp+2}, {2.5, 0x1.ca8f26506cfd8p-3},
      {13.0, 0x1.0b94cb5d9d0dfp-10}, {100000.0, 0x1.203c15467dc38p-49}, {-0.25, 0x1.84f0da1cd173ep+10}, {-3.001, 0x1.5d3ef79803e58p+42}}},
    {"polygamma_12", [](Var x) { return polygamma(12, x); },
     {{1e-05, -0x1.b1c4bae500f48p+244}, {1.0, -0x1.c8de19be3cbfep+28}, {2.5, -0x1.971655daff5acp+11}, {33.0, -0x1.f695db096bc8ap-36},
      {100000.0, -0x1.e9686c9e74adap-175}, {-0.25, 0x1.c8cfad38d93c9p+54}, {-3.01, 0x1.2735208d465e5p+115}}},
    {"erfinv", [](Var x) { return erfinv(x); },
     {{1e-300, 0x1.2fdf36bf69ba0p-997}, {1e-200, 0x1.5b5260685db94p-665}, {1e-20, 0x1.4ece9be5f16acp-67}, {0.001, 0x1.d0a36543e1fd3p-11},
      {0.099, 0x1.684bb0dbb59cbp-4}, {0.1, 0x1.6bf442539fd74p-4}, {0.3, 0x1.1700774485ed2p-2}, {0.49999, 0x1.e85f110eb1d56p-2},
      {0.5, 0x1.e861fbb24c00ap-2}, {0.9, 0x1.29c0146770651p+0}, {0.999999, 0x1.babd964830d58p+1}, {0.9999999999999999, 0x1.7744f8f74e94ap+2},
      {-0.7, -0x1.773a9da42b44fp-1}}},
    {"ndtri", [](Var x) { return ndtri(x); },
     {{1e-307, -0x1.2bd5ac4fbd5a1p+5}, {1e-200, -0x1.e34a1d1f58ae2p+4}, {1e-20, -0x1.2865170b43a4cp+3}, {0.001, -0x1.8b8cbb7204471p+1},
      {0.1, -0x1.4813c36e26d32p+0}, {0.19999, -0x1.aeeda90159087p-1}, {0.20001, -0x1.aee44bef22a73p-1}, {0.3, -0x1.0c7e39582c5fbp-1},
      {0.499999999, -0x1.588224f1231ffp-29}, {0.75, 0x1.5956b87528a49p-1}, {0.9, 0x1.4813c36e26d33p+0}, {0.999999, 0x1.30381a97985efp+2},
      {0.9999999999999999, 0x1.06b48528cea52p+3}}},
    {"i0e", [](Var x) { return i0e(x); },
     {{0.0, 0x1.0000000000000p+0}, {1e-20, 0x1.0000000000000p+0}, {0.1, 0x1.d06f8854d0076p-1}, {1.0, 0x1.dcf01629a660ep-2},
      {-3.0, 0x1.f1aa2b7054e7bp-3}, {7.999, 0x1.25c46ecae4eb2p-3}, {8.0, 0x1.25bf8fe241e6bp-3}, {8.001, 0x1.25bab137d68bap-3},
      {30.0, 0x1.2b9b157f9e6a2p-4}, {100000.0, 0x1.4ab6626c55b42p-10}, {1e+300, 0x1.4e4f1043a39ecp-500}}},
    {"i1e", [](Var x) { return i1e(x); },
     {{1e-300, 0x1.56e1fc2f8f359p-998}, {1e-20, 0x1.79ca10c924223p-68}, {0.1, 0x1.7315ba734f4fdp-5}, {1.0, 0x1.a9ccef9365f00p-3},
      {-3.0, -0x1.9319e244ba85dp-3}, {7.999, 0x1.12bd3882a0855p-3}, {8.0, 0x1.12b94cad917c6p-3}, {8.001, 0x1.12b561026deaap-3},
      {30.0, 0x1.2691bcff83228p-4}, {100000.0, 0x1.4ab5f60e18646p-10}, {1e+300, 0x1.4e4f1043a39ecp-500}}},
};
const std::vector<ValuesOfTwo> binary = {
    {"betaln", [](Var a, Var b) { return betaln(a, b); },
     {{1.0, 1.0, 0x0.0p+0}, {0.5, 0.5, 0x1.250d048e7a1bdp+0}, {2.5, 3.5, -0x1.a6a289c2a217bp+1}, {1e-10, 3.0, 0x1.7069e2aa2056ep+4},
      {1e-10, 10000000000.0, 0x1.7069e2a98872cp+4}, {0.1, 50.0, 0x1.dcc714ea4e657p+0}, {3.0, 10000000000.0, -0x1.1189a19fc5dc7p+6},
      {12.0, 12.0, -0x1.09a209895b9a1p+4}, {100.0, 200.0, -0x1.8044b4d990d22p+7}, {11.0, 1000000.0, -0x1.11bb863e176e9p+7},
      {100000.0, 100000.0, -0x1.0ec4f6a9f23dbp+17}}},
    {"beta", [](Var a, Var b) { return beta(a, b); },
     {{1.0, 1.0, 0x1.0000000000000p+0}, {0.5, 0.5, 0x1.921fb54442d18p+1}, {2.5, 3.5, 0x1.2d97c7f3321d2p-5}, {1e-10, 3.0, 0x1.2a05f1ff40000p+33},
      {1e-10, 10000000000.0, 0x1.2a05f1f432cebp+33}, {0.1, 50.0, 0x1.9c1cbe2e352dfp+2}, {3.0, 10000000000.0, 0x1.4484bfed1a066p-99},
      {12.0, 12.0, 0x1.08b6c709e2b6ap-24}, {100.0, 200.0, 0x1.c07f28f3dae24p-278}}},
};
// clang-format on

/// The difference from the exact result in units of eps max(1, |exact|), or of eps |exact|.
double error_of_value(double value, double exact, double eps, bool relative) {
    return std::abs(value - exact) / (eps * (relative ? std::abs(exact) : std::max(1.0, std::abs(exact))));
}

template <class T>
constexpr double eps_of = static_cast<double>(std::numeric_limits<T>::epsilon());

/// All at once and one by one: in vectors of the kernels, and in what is left over. Those that are told to be right relative to the
/// result; the others have zeros, where they cannot be.
template <class T>
void check_values_of(const Values& row) {
    const bool relative = row.name == "erfinv" || row.name == "ndtri" || row.name == "i0e" || row.name == "i1e";
    for (int copies : {1, 5}) {
        xt::xarray<T> x = xt::zeros<T>({row.values.size() * static_cast<std::size_t>(copies)});
        for (std::size_t i = 0; i < x.size(); ++i) x(i) = static_cast<T>(row.values[i % row.values.size()].first);
        xg::Tape tape;
        const auto y = row.f(tape.constant(x)).template value<T>();
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto [at, exact] = row.values[i % row.values.size()];
            if (static_cast<double>(static_cast<T>(at)) != at) continue; // float32 has another x
            if (std::abs(exact) > static_cast<double>(std::numeric_limits<T>::max())) continue;
            const double error = error_of_value(static_cast<double>(y(i)), exact, eps_of<T>, relative);
            BOOST_TEST(error <= (std::is_same_v<T, float> ? 0.51 : 8), fmt::format("{}({}) is {}, off by {} eps", row.name, at, y(i), error));
        }
    }
}

void check_values(const Values& row) {
    check_values_of<float>(row);
    check_values_of<double>(row);
}

struct Ends {
    std::string name;
    std::function<Var(Var)> f;
    std::vector<std::pair<double, double>> values;
};
const std::vector<Ends> ends = {
    {"lgamma", [](Var x) { return lgamma(x); }, {{0, inf}, {-0.0, inf}, {-1, inf}, {-7, inf}, {1, 0}, {2, 0}, {inf, inf}, {-inf, inf}, {NaN, NaN}}},
    {"digamma", [](Var x) { return digamma(x); }, {{0, -inf}, {-0.0, inf}, {-1, NaN}, {-7, NaN}, {inf, inf}, {-inf, NaN}, {NaN, NaN}}},
    {"trigamma", [](Var x) { return polygamma(1, x); }, {{0, inf}, {-0.0, inf}, {-1, inf}, {inf, 0}, {-inf, NaN}, {NaN, NaN}}},
    {"polygamma_2", [](Var x) { return polygamma(2, x); }, {{0, -inf}, {-0.0, inf}, {-1, NaN}, {inf, 0}, {-inf, NaN}, {NaN, NaN}}},
    {"polygamma_0", [](Var x) { return polygamma(0, x) - digamma(x); }, {{3, 0}, {-0.5, 0}}},
    {"erfinv", [](Var x) { return erfinv(x); }, {{0, 0}, {1, inf}, {-1, -inf}, {1.5, NaN}, {-inf, NaN}, {NaN, NaN}}},
    {"erfinv_of_minus_0", [](Var x) { return 1 / erfinv(x); }, {{-0.0, -inf}, {0, inf}}},
    {"ndtri", [](Var x) { return ndtri(x); }, {{0, -inf}, {1, inf}, {0.5, 0}, {-0.1, NaN}, {1.1, NaN}, {NaN, NaN}}},
    {"i0e", [](Var x) { return i0e(x); }, {{0, 1}, {inf, 0}, {-inf, 0}, {NaN, NaN}}},
    {"i1e", [](Var x) { return i1e(x); }, {{0, 0}, {inf, 0}, {-inf, 0}, {NaN, NaN}}},
    {"betaln_of_3", [](Var x) { return betaln(x, 3); }, {{0, inf}, {-1, NaN}, {inf, -inf}, {NaN, NaN}}},
    {"betaln_of_infinity", [](Var x) { return betaln(inf, x); }, {{0, NaN}, {2, -inf}, {inf, -inf}}},
    {"beta_of_3", [](Var x) { return beta(3, x); }, {{0, inf}, {-1, NaN}, {inf, 0}, {NaN, NaN}}},
    // Slopes: at the kink of e^-|x| that of the rest of the function.
    {"slope_of_i0e", [](Var x) { return gradient(sum(i0e(x)), x); }, {{0, 0}}},
    {"slope_of_i1e", [](Var x) { return gradient(sum(i1e(x)), x); }, {{0, 0.5}}},
    {"slope_of_erfinv", [](Var x) { return gradient(sum(erfinv(x)), x); }, {{1, inf}, {-1, inf}, {2, NaN}}},
};
template <class T>
void check_ends_of(const Ends& row) {
    for (const auto& [x, y] : row.values) {
        xg::Tape tape;
        const T got = row.f(tape.parameter(xt::xarray<T>{static_cast<T>(x), 1, 1}))[0].template scalar<T>();
        BOOST_TEST((std::isnan(y) ? std::isnan(got) : static_cast<double>(got) == y), fmt::format("{}({}) is {}", row.name, x, got));
    }
}

void check_ends(const Ends& row) {
    check_ends_of<float>(row);
    check_ends_of<double>(row);
}

const std::vector<GradientRow> rows = {
    {"lgamma", [](const Vars& x) { return lgamma(x[0]); }, any_one, {{0.3, 5}}},
    {"lgamma_of_negative", [](const Vars& x) { return lgamma(x[0]); }, any_one, {{-2.8, -2.2}}},
    {"digamma", [](const Vars& x) { return digamma(x[0]); }, any_one, {{0.4, 12}}},
    {"polygamma_1", [](const Vars& x) { return polygamma(1, x[0]); }, any_one, {{0.5, 12}}},
    {"polygamma_3_of_negative", [](const Vars& x) { return polygamma(3, x[0]) / 100; }, any_one, {{-1.7, -1.3}}},
    {"betaln", [](const Vars& x) { return betaln(x[0], x[1]); }, any_two, {{0.4, 20}, {0.4, 4}}},
    {"beta", [](const Vars& x) { return beta(x[0], x[1]); }, any_two, {{0.4, 4}, {0.4, 4}}},
    {"erfinv", [](const Vars& x) { return erfinv(x[0]); }, any_one, {{-0.9, 0.9}}},
    {"ndtri", [](const Vars& x) { return ndtri(x[0]); }, any_one, {{0.05, 0.95}}},
    {"i0e", [](const Vars& x) { return i0e(x[0]); }, any_one, {{0.2, 12}}},
    {"i1e", [](const Vars& x) { return i1e(x[0]); }, any_one, {{-12, -0.2}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(values)
const Cases values_of_special_functions(unary, check_values);
BOOST_AUTO_TEST_CASE(beta_functions) {
    for (const ValuesOfTwo& row : binary)
        for (const auto& [a, b, exact] : row.values) {
            xg::Tape tape;
            const double y = row.f(tape.constant(xt::xarray<double>{a, a, a}), tape.constant(xt::xarray<double>{b, b, b}))[1].scalar<double>();
            // e^y has the absolute error of y as its relative one, and that error is relative to the largest of what y is the sum of.
            const double error = row.name == "beta" ? std::abs(y / exact - 1) / eps_of<double> / std::max(1.0, std::abs(std::log(exact)))
                                                    : error_of_value(y, exact, eps_of<double>, false);
            BOOST_TEST(error <= 8, fmt::format("{}({}, {}) is {}, off by {} eps", row.name, a, b, y, error));
            const double turned = row.f(tape.constant(xt::xarray<double>{b}), tape.constant(xt::xarray<double>{a}))[0].scalar<double>();
            BOOST_TEST(turned == y);
        }
}
/// Derivatives of any order: the fourth of lgamma, of i1e and of erfinv.
BOOST_AUTO_TEST_CASE(fourth_derivatives) {
    const auto fourth = [](const std::function<Var(Var)>& f, double at) {
        xg::Tape tape;
        const Var x = tape.parameter(at);
        Var y = f(x);
        for (int i = 0; i < 4; ++i) y = gradient(y, x);
        return y.scalar<double>();
    };
    BOOST_TEST(std::abs(fourth([](Var x) { return lgamma(x); }, 1.0) / 6.493939402266829 - 1) < 1e-14); // pi^4 / 15
    // e^-x I_1(x) at 0 from the right: the fourth derivative of (1 - x + x^2/2 - x^3/6) (x/2 + x^3/16).
    BOOST_TEST(std::abs(fourth([](Var x) { return i1e(x); }, 1e-7) - 24 * (-1.0 / 12 - 1.0 / 16)) < 1e-5);
    BOOST_TEST(std::abs(fourth([](Var x) { return erfinv(x); }, 0.0)) < 1e-14);
}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(special_values)
const Cases ends_of_special_functions(ends, check_ends);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(errors)
BOOST_AUTO_TEST_CASE(order_of_polygamma) {
    xg::Tape tape;
    const Var x = tape.parameter(2.0);
    BOOST_TEST(error_of([&] { (void)xg::polygamma(-1, x); }) == "polygamma: n is -1; it must be from 0 to 100" + at(__LINE__));
    const Var y = xg::polygamma(100, x);
    BOOST_TEST(error_of([&] { (void)gradient(y, x); }) == "polygamma: there is no derivative from n = 100 on" + at(__LINE__ - 1));
}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(gradients)
const Cases special_functions(rows, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases special_functions_vmapped(rows, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
