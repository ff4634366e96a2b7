// In a build with the address sanitizer, what lies behind a value in the arena cannot be touched, nor a value that is no more needed.

#include <xgrad/core/base/red_zones.hpp>

#include "../support.hpp"

using namespace test;

namespace {

bool is_closed([[maybe_unused]] const void* at) {
#ifdef XGRAD_HAS_RED_ZONES
    return __asan_address_is_poisoned(at);
#else
    return true;
#endif
}

/// Copies its first input, and looks at the memory around the arrays that it is given.
struct Watched {
    static constexpr auto name = "watched";
    static inline std::vector<const void*> seen = {}; // where every input began

    xg::Shape shape(xg::Types in) const { return in[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        const std::size_t bytes = in[0].shape().numel() * xg::size_of(in[0].dtype());
        BOOST_TEST(is_closed(static_cast<const std::byte*>(in[0].data) + bytes));
        BOOST_TEST(is_closed(static_cast<const std::byte*>(out.data) + bytes));
        if (xg::red_zones) {
            BOOST_TEST(!is_closed(static_cast<const std::byte*>(in[0].data) + bytes - 1));
            BOOST_TEST(!is_closed(static_cast<const std::byte*>(out.data) + bytes - 1));
        }
        seen.push_back(in[0].data);
        std::memcpy(out.data, in[0].data, bytes);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(red_zones)

BOOST_AUTO_TEST_CASE(lie_around_the_values_of_the_present_step) {
    xg::Tape tape;
    const xg::Var x = tape.input<float>({37});
    xg::Var y = xg::record(Watched{}, x * 2); // reads a value of the arena
    y = xg::record(Watched{}, cumsum(y, 0)); // and another, after the first has died
    xg::Program program = tape.compile({.outputs = {sum(y)}}, {x});
    Watched::seen.clear();
    BOOST_TEST(program(filled<float>({37}, 1)).scalar<float>() == 2 * 37 * 38 / 2);
    BOOST_TEST(Watched::seen.size() == 2u);
    for (const void* value : Watched::seen)
        BOOST_TEST(is_closed(value)); // nothing needs it any more
}

BOOST_AUTO_TEST_SUITE_END()
