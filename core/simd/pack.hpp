#pragma once

#include <xgrad/core/simd/register.hpp>

namespace xgrad::simd {

template <class T, class I = Isa, std::size_t N = I::bytes / sizeof(T)>
struct Pack;
template <class T, class I, std::size_t N>
struct Mask;

template <class S>
concept Scalar = std::is_arithmetic_v<S>;

template <class U, class T, class I, std::size_t N>
XGRAD_INLINE Pack<U, I, N> convert(const Pack<T, I, N>& x);
template <class U, class T, class I, std::size_t N>
XGRAD_INLINE Pack<U, I, N> bit_cast(const Pack<T, I, N>& x);

template <class T, class I, std::size_t N>
struct Halves {
    using Vector = Halves;
    Pack<T, I, N / 2> low, high;
};

/// N numbers of type T. More of them than a register of the instruction set holds are kept as two halves.
/// A number converts to a pack of it, so `2.0 * x` keeps the type of x.
template <class T, class I, std::size_t N>
struct Pack {
    static constexpr std::size_t size = N;
    static constexpr bool wide = N * sizeof(T) > I::bytes;
    static constexpr bool floating = std::is_floating_point_v<T>;
    static constexpr bool fused = I::fma; // fma rounds once

    using value_type = T;
    using Half = Pack<T, I, N / 2>;
    using Bool = Mask<T, I, N>;
    using Lane = Register<T, I, N>;
    using Vector = typename std::conditional_t<wide, Halves<T, I, N>, Lane>::Vector;

    Vector v;

    Pack() = default;
    XGRAD_INLINE explicit Pack(const Vector& vector) : v(vector) {}
    XGRAD_INLINE Pack(const Half& low, const Half& high) : v(join(low, high)) {}
    template <Scalar S>
    XGRAD_INLINE Pack(S number) : v(splat(static_cast<T>(number))) {}

    static XGRAD_INLINE Pack load(const T* p) {
        if constexpr (wide)
            return Pack(Half::load(p), Half::load(p + N / 2));
        else
            return Pack(Lane::load(p));
    }
    XGRAD_INLINE void store(T* p) const {
        if constexpr (wide)
            v.low.store(p), v.high.store(p + N / 2);
        else
            Lane::store(p, v);
    }

    /// The first n <= N elements; nothing beyond them is touched.
    static XGRAD_INLINE Pack load_partial(const T* p, std::size_t n, T fill = T(0)) {
        if constexpr (wide) {
            const std::size_t low = n < N / 2 ? n : N / 2;
            return Pack(Half::load_partial(p, low, fill), Half::load_partial(p + low, n - low, fill));
        } else
            return Pack(Lane::load_partial(p, n, splat(fill)));
    }
    XGRAD_INLINE void store_partial(T* p, std::size_t n) const {
        if constexpr (wide) {
            const std::size_t low = n < N / 2 ? n : N / 2;
            v.low.store_partial(p, low), v.high.store_partial(p + low, n - low);
        } else
            Lane::store_partial(p, n, v);
    }

    XGRAD_INLINE T operator[](std::size_t i) const {
        if constexpr (wide)
            return i < N / 2 ? v.low[i] : v.high[i - N / 2];
        else
            return v[i];
    }

    XGRAD_INLINE Half low() const {
        if constexpr (wide)
            return v.low;
        else
            return Half(Lane::template half<typename Half::Vector, 0>(v));
    }
    XGRAD_INLINE Half high() const {
        if constexpr (wide)
            return v.high;
        else
            return Half(Lane::template half<typename Half::Vector, 1>(v));
    }

    /// f of each number; for what has no instruction
    template <class F, class... P>
    static XGRAD_INLINE Pack lanewise(F f, const P&... x) {
        if constexpr (wide)
            return Pack(Half::lanewise(f, x.low()...), Half::lanewise(f, x.high()...));
        else
            return Pack(Lane::lanewise(f, x.v...));
    }

#define XGRAD_OPERATOR(op)                                                                                             \
    friend XGRAD_INLINE Pack operator op(const Pack& a, const Pack& b) {                                               \
        if constexpr (wide)                                                                                            \
            return Pack(a.v.low op b.v.low, a.v.high op b.v.high);                                                     \
        else                                                                                                           \
            return Pack((Vector)(Lane::wrapping(a.v) op Lane::wrapping(b.v)));                                         \
    }                                                                                                                  \
    friend XGRAD_INLINE Pack& operator op##=(Pack& a, const Pack& b) { return a = a op b; }

    XGRAD_OPERATOR(+)
    XGRAD_OPERATOR(-)
    XGRAD_OPERATOR(*)
    XGRAD_OPERATOR(&)
    XGRAD_OPERATOR(|)
    XGRAD_OPERATOR(^)
#undef XGRAD_OPERATOR

    /// Integers truncate as in C++, but dividing by zero gives zero, and the least one divided by -1 is itself.
    friend XGRAD_INLINE Pack operator/(const Pack& a, const Pack& b) {
        if constexpr (wide)
            return Pack(a.v.low / b.v.low, a.v.high / b.v.high);
        else if constexpr (floating)
            return Pack(Vector(a.v / b.v));
        else
            return lanewise(
                [](T n, T d) {
                    return d == 0                              ? T(0)
                           : d == T(-1) && std::is_signed_v<T> ? T(0 - std::make_unsigned_t<T>(n))
                                                               : T(n / d);
                },
                a, b);
    }
    friend XGRAD_INLINE Pack& operator/=(Pack& a, const Pack& b) { return a = a / b; }

    friend XGRAD_INLINE Pack operator-(const Pack& a) {
        if constexpr (wide)
            return Pack(-a.v.low, -a.v.high);
        else
            return Pack((Vector)(-Lane::wrapping(a.v)));
    }
    friend XGRAD_INLINE Pack operator+(const Pack& a) { return a; }
    friend XGRAD_INLINE Pack operator~(const Pack& a) { return a ^ Pack(T(-1)); }

    friend XGRAD_INLINE Pack operator<<(const Pack& a, int bits) {
        if constexpr (wide)
            return Pack(a.v.low << bits, a.v.high << bits);
        else
            return Pack((Vector)(Lane::wrapping(a.v) << static_cast<T>(bits)));
    }
    friend XGRAD_INLINE Pack operator>>(const Pack& a, int bits) {
        if constexpr (wide)
            return Pack(a.v.low >> bits, a.v.high >> bits);
        else
            return Pack(Vector(a.v >> static_cast<T>(bits)));
    }

// `x op y`, which AVX-512 calls `relation` of a and b
#define XGRAD_COMPARISON(op, relation, a, b)                                                                           \
    friend XGRAD_INLINE Bool operator op(const Pack& x, const Pack& y) {                                               \
        if constexpr (wide)                                                                                            \
            return Bool(x.v.low op y.v.low, x.v.high op y.v.high);                                                     \
        else if constexpr (Bool::bitwise)                                                                              \
            return Bool::from_bits(Lane::template compare<Lane::relation>(a.v, b.v));                                  \
        else                                                                                                           \
            return Bool(typename Bool::Lanes((typename Bool::Lanes::Vector)(x.v op y.v)));                             \
    }

    XGRAD_COMPARISON(==, equal, x, y)
    XGRAD_COMPARISON(!=, not_equal, x, y)
    XGRAD_COMPARISON(<, less, x, y)
    XGRAD_COMPARISON(<=, less_equal, x, y)
    XGRAD_COMPARISON(>, less, y, x)
    XGRAD_COMPARISON(>=, less_equal, y, x)
#undef XGRAD_COMPARISON

    static XGRAD_INLINE Pack blend(const Bool& mask, const Pack& yes, const Pack& no) {
        if constexpr (wide)
            return Pack(Half::blend(mask.low(), yes.v.low, no.v.low), Half::blend(mask.high(), yes.v.high, no.v.high));
        else if constexpr (Bool::bitwise)
            return Pack(Lane::blend(mask.bits, yes.v, no.v));
        else
            return Pack(Lane::blend_lanes(mask.lanes.v, yes.v, no.v));
    }

    /// b where either is NaN, as the instruction does
    friend XGRAD_INLINE Pack min(const Pack& a, const Pack& b) {
        if constexpr (wide)
            return Pack(min(a.v.low, b.v.low), min(a.v.high, b.v.high));
        else
            return Pack(Lane::min(a.v, b.v));
    }
    friend XGRAD_INLINE Pack max(const Pack& a, const Pack& b) {
        if constexpr (wide)
            return Pack(max(a.v.low, b.v.low), max(a.v.high, b.v.high));
        else
            return Pack(Lane::max(a.v, b.v));
    }

    /// NaN where either is NaN, as NumPy does
    friend XGRAD_INLINE Pack minimum(const Pack& a, const Pack& b) {
        if constexpr (floating)
            return blend(a != a, a, min(a, b));
        else
            return min(a, b);
    }
    friend XGRAD_INLINE Pack maximum(const Pack& a, const Pack& b) {
        if constexpr (floating)
            return blend(a != a, a, max(a, b));
        else
            return max(a, b);
    }

    friend XGRAD_INLINE Pack abs(const Pack& x) {
        if constexpr (floating)
            return bit_cast<T>(bit_cast<Integer<T>>(x) & ~sign_bit());
        else if constexpr (std::is_signed_v<T>)
            return max(x, -x);
        else
            return x;
    }
    friend XGRAD_INLINE Pack copysign(const Pack& x, const Pack& sign) {
        return bit_cast<T>((bit_cast<Integer<T>>(x) & ~sign_bit()) | (bit_cast<Integer<T>>(sign) & sign_bit()));
    }
    friend XGRAD_INLINE Bool signbit(const Pack& x) { return (bit_cast<Integer<T>>(x) < 0).template as<T>(); }
    friend XGRAD_INLINE Bool isnan(const Pack& x) { return x != x; }
    friend XGRAD_INLINE Bool isinf(const Pack& x) { return abs(x) == Pack(__builtin_inf()); }
    friend XGRAD_INLINE Bool isfinite(const Pack& x) { return abs(x) < Pack(__builtin_inf()); }

    friend XGRAD_INLINE Pack sqrt(const Pack& x) {
        if constexpr (wide)
            return Pack(sqrt(x.v.low), sqrt(x.v.high));
        else
            return Pack(Lane::sqrt(x.v));
    }

    /// a * b + c, rounded once if `fused`
    friend XGRAD_INLINE Pack fma(const Pack& a, const Pack& b, const Pack& c) {
        if constexpr (wide)
            return Pack(fma(a.v.low, b.v.low, c.v.low), fma(a.v.high, b.v.high, c.v.high));
        else if constexpr (floating && fused)
            return Pack(Lane::fma(a.v, b.v, c.v));
        else
            return a * b + c;
    }

    /// To the nearest integer, halves to the even one
    friend XGRAD_INLINE Pack round(const Pack& x) {
        if constexpr (!floating)
            return x;
        else if constexpr (wide)
            return Pack(round(x.v.low), round(x.v.high));
        else if constexpr (Lane::rounds_in_hardware)
            return Pack(Lane::template round<Lane::to_nearest>(x.v));
        else {
            const Pack whole = sizeof(T) == 4 ? 0x1p23 : 0x1p52, size = abs(x); // from there on all numbers are whole
            return blend(size < whole, copysign((size + whole) - whole, x), x);
        }
    }
    friend XGRAD_INLINE Pack rint(const Pack& x) { return round(x); }
    friend XGRAD_INLINE Pack floor(const Pack& x) {
        if constexpr (!floating)
            return x;
        else if constexpr (wide)
            return Pack(floor(x.v.low), floor(x.v.high));
        else if constexpr (Lane::rounds_in_hardware)
            return Pack(Lane::template round<Lane::down>(x.v));
        else {
            const Pack nearest = round(x);
            return nearest - blend(nearest > x, 1, 0);
        }
    }
    friend XGRAD_INLINE Pack ceil(const Pack& x) {
        if constexpr (!floating)
            return x;
        else if constexpr (wide)
            return Pack(ceil(x.v.low), ceil(x.v.high));
        else if constexpr (Lane::rounds_in_hardware)
            return Pack(Lane::template round<Lane::up>(x.v));
        else
            return -floor(-x);
    }
    friend XGRAD_INLINE Pack trunc(const Pack& x) {
        if constexpr (!floating)
            return x;
        else if constexpr (wide)
            return Pack(trunc(x.v.low), trunc(x.v.high));
        else if constexpr (Lane::rounds_in_hardware)
            return Pack(Lane::template round<Lane::to_zero>(x.v));
        else
            return copysign(floor(abs(x)), x);
    }

  private:
    static XGRAD_INLINE Pack<Integer<T>, I, N> sign_bit() { return Integer<T>(Integer<T>(1) << (8 * sizeof(T) - 1)); }
    static XGRAD_INLINE Vector splat(T number) {
        if constexpr (wide)
            return {Half(number), Half(number)};
        else
            return number - Vector{}; // not +, which would turn -0 into 0
    }
    static XGRAD_INLINE Vector join(const Half& low, const Half& high) {
        if constexpr (wide)
            return {low, high};
        else
            return Lane::template join<typename Half::Vector>(low.v, high.v);
    }
};

} // namespace xgrad::simd
