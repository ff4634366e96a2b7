// Arguments are read where they lie, so nothing may be read before their first or after their last element: arrays that
// begin behind a page that cannot be touched, and arrays that end before one.

#include <cstring>
#include <span>

#include <sys/mman.h>
#include <unistd.h>

#include "../support.hpp"

using namespace test;

namespace {

enum class Side { first, last };

/// Elements between two pages that cannot be touched, next to one of them.
template <class T>
class Guarded {
  public:
    Guarded(const xt::xarray<T>& array, Side side) : shape_(array.shape().begin(), array.shape().end()) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t bytes = array.size() * sizeof(T), room = (bytes + page - 1) / page * page;
        bytes_ = room + 2 * page;
        memory_ = ::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        BOOST_REQUIRE(memory_ != MAP_FAILED);
        std::byte* const begin = static_cast<std::byte*>(memory_) + page;
        BOOST_REQUIRE(room == 0 || ::mprotect(begin, room, PROT_READ | PROT_WRITE) == 0);
        data_ = reinterpret_cast<T*>(side == Side::first ? begin : begin + room - bytes);
        std::copy(array.begin(), array.end(), data_);
        size_ = array.size();
    }
    ~Guarded() { ::munmap(memory_, bytes_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    auto array() const { return xt::adapt(data_, size_, xt::no_ownership(), shape_); }

  private:
    Extents shape_;
    void* memory_;
    std::size_t bytes_, size_;
    T* data_;
};

/// What a program of a form is given: vectors of n elements, matrices with n rows or columns, an image.
template <template <class> class Array, class T>
struct Arguments {
    Array<T> x, y, wide, tall, image;
    Array<std::int64_t> indices; // from 0 to 4
    Array<std::uint8_t> mask;
};
template <class T>
using Plain = xt::xarray<T>;

struct Inputs {
    xg::Var x, y, wide, tall, image, indices, mask;
};

struct Form {
    const char* name;
    std::vector<xg::Var> (*outputs)(const Inputs& in);
};

const std::vector<Form> forms{
    {"arithmetic", [](const Inputs& in) { return std::vector{-in.x, in.x + in.y, 3 * in.x, in.x * in.y - in.y * in.y}; }},
    {"joined", [](const Inputs& in) { return std::vector{(in.x - in.y) * in.x, in.x * in.x + in.y * in.y, 2 * in.x + in.y}; }},
    {"functions", [](const Inputs& in) { return std::vector{tanh(in.x), exp(in.y), in.x / sqrt(square(in.y) + 1)}; }},
    {"comparisons", [](const Inputs& in) { return std::vector{in.x < in.y, where(in.mask, in.x, in.y)}; }},
    {"masks", [](const Inputs& in) { return std::vector{logical_not(in.mask), in.mask & (in.x == in.y)}; }},
    {"casts",
     [](const Inputs& in) {
         return std::vector{cast(in.x, xg::DType::float32), cast(in.x, xg::DType::float64), cast(in.x, xg::DType::int64),
                            cast(in.x, xg::DType::uint8), cast(in.mask, xg::DType::float32) * 0.5};
     }},
    {"rows", [](const Inputs& in) { return std::vector{in.wide + in.x, in.wide * expand_dims(in.x, 0) - in.y}; }},
    {"columns", [](const Inputs& in) { return std::vector{in.tall + expand_dims(in.x, 1), in.tall * expand_dims(in.y, 1)}; }},
    {"reductions", [](const Inputs& in) { return std::vector{sum(in.x), sum(in.wide, {1}), sum(in.wide, {0}), sum(in.tall, {1})}; }},
    {"extremes", [](const Inputs& in) { return std::vector{max(in.x), min(in.wide, {1}), max(in.tall, {0}), argmax(in.wide, 1)}; }},
    {"sums of products", [](const Inputs& in) { return std::vector{sum(in.x * in.y), sum(in.wide * in.x, {0})}; }},
    {"views",
     [](const Inputs& in) {
         return std::vector{flip(in.x),     transpose(in.wide) + in.tall, slice(in.wide, 0, 1, 4, 2),
                            flip(in.tall) + 1, tile(in.x, {2}),           slice(in.wide, 0, -1, 0, -1) * 2};
     }},
    {"copies", [](const Inputs& in) { return std::vector{xg::concatenate({in.x, in.y}), pad(in.x, {{1, 2}}), repeat(in.x, 3)}; }},
    {"running sums", [](const Inputs& in) { return std::vector{cumsum(in.x, 0), cumsum(in.wide, 1), cumsum(in.tall, 0)}; }},
    {"rows by index", [](const Inputs& in) { return std::vector{take(in.wide, in.indices, 0), take(in.tall, in.indices, 1)}; }},
    {"labels",
     [](const Inputs& in) {
         return std::vector{pick(in.tall, in.indices), one_hot(in.indices, 5), gradient(sum(pick(in.tall, in.indices)), in.tall)};
     }},
    {"narrow products",
     [](const Inputs& in) {
         return std::vector{matmul(in.wide, in.tall), matmul(in.tall, in.wide), matmul(in.wide, in.x), matmul(in.y, in.tall)};
     }},
    {"products of bytes",
     [](const Inputs& in) {
         const xg::Var bytes = cast(broadcast_to(in.mask, in.wide.shape()), in.x.dtype());
         return std::vector{matmul(bytes, in.tall), matmul(cast(in.mask, in.x.dtype()) * 0.5, in.tall)};
     }},
    {"wide products", [](const Inputs& in) { return std::vector{matmul(xg::concatenate({in.tall, in.tall}, 1), tile(in.wide, {2, 2}))}; }},
    {"adjoints",
     [](const Inputs& in) {
         const xg::Var loss = sum(square(matmul(in.tall, in.wide))) + sum(in.x * in.y);
         return gradient(loss, {in.tall, in.wide, in.x, in.y});
     }},
    {"softmax", [](const Inputs& in) { return std::vector{softmax(in.wide, 1), log_softmax(in.tall, 1)}; }},
    {"windows",
     [](const Inputs& in) {
         const xg::Var weights = reshape(slice(in.wide, 1, 0, 9), {1, 5, 3, 3});
         const xg::Var shown = reshape(in.image, {1, 5, 3, static_cast<std::int64_t>(in.x.shape()[0])});
         const xg::Var y = conv2d(shown, weights);
         return std::vector{y, gradient(sum(square(y)), in.image), max_pool2d(in.image, {2, 2})};
     }},
};

template <class T>
Arguments<Plain, T> random_arguments(std::size_t n, Random& random) {
    auto array = [&](const Extents& shape) { return random_array<T>(shape, random, 0, 3); };
    return {.x = array({n}),
            .y = array({n}),
            .wide = array({5, n}),
            .tall = array({n, 5}),
            .image = array({5, 3, n}),
            .indices = random_array<std::int64_t>({n}, random, 0, std::min<double>(4, static_cast<double>(n) - 1)),
            .mask = random_array<std::uint8_t>({n}, random, 0, 1)};
}

template <class T>
Arguments<Guarded, T> guarded(const Arguments<Plain, T>& a, Side side) {
    return {{a.x, side}, {a.y, side}, {a.wide, side}, {a.tall, side}, {a.image, side}, {a.indices, side}, {a.mask, side}};
}

template <class T>
std::size_t check_form(const Form& form, std::size_t n, const xg::CompileOptions& options) {
    xg::Tape tape;
    const Inputs in{tape.input<T>(xg::Shape(n)),           tape.input<T>(xg::Shape(n)),      tape.input<T>(xg::Shape(5, n)),
                    tape.input<T>(xg::Shape(n, 5)),        tape.input<T>(xg::Shape(5, 3, n)),
                    tape.input<std::int64_t>(xg::Shape(n)), tape.input<std::uint8_t>(xg::Shape(n))};
    std::vector<xg::Var> outputs;
    try {
        outputs = form.outputs(in);
    } catch (const xg::Error&) { return 0; } // not for this dtype, or for so few elements
    xg::Program program = tape.compile({.outputs = outputs}, {in.x, in.y, in.wide, in.tall, in.image, in.indices, in.mask},
                                       options);
    Random random(n + 1);
    const auto plain = random_arguments<T>(n, random);
    const xg::Results expected = program(plain.x, plain.y, plain.wide, plain.tall, plain.image, plain.indices, plain.mask);
    for (const Side side : {Side::first, Side::last}) {
        const auto a = guarded<T>(plain, side);
        const xg::Results found = program(a.x.array(), a.y.array(), a.wide.array(), a.tall.array(), a.image.array(),
                                          a.indices.array(), a.mask.array());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const xg::Type& type = found.type(i);
            BOOST_TEST(std::memcmp(found.data(i), expected.data(i), type.shape.numel() * xg::size_of(type.dtype)) == 0,
                       "output " << i << " of " << form.name << " with " << n << " elements of " << name(xg::dtype_of<T>()));
        }
    }
    return outputs.size();
}

void check(const Form& form) {
    std::size_t outputs = 0;
    for (std::size_t n = 0; n <= 70; ++n)
        for (const xg::CompileOptions& options : {xg::CompileOptions{}, {.small_elements = 0}, {.fuse = false}})
            outputs += check_form<float>(form, n, options) + check_form<double>(form, n, options) +
                       check_form<std::int64_t>(form, n, options) + check_form<std::uint8_t>(form, n, options);
    BOOST_TEST(outputs != 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(guard_pages)

BOOST_AUTO_TEST_CASE(arguments_are_read_where_they_lie) {
    const Guarded<float> x(filled<float>({7}, 1), Side::last);
    const auto view = x.array();
    BOOST_TEST(xg::Value(view).data() == static_cast<const void*>(view.data()));
}

const Cases cases(forms, check);

BOOST_AUTO_TEST_SUITE_END()
