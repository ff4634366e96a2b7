#pragma once

#include <xgrad/core/simd/pack.hpp>

namespace xgrad::simd {

/// What a comparison of Pack<T, I, N> gives: lanes of all ones or zeros.
template <class T, class I, std::size_t N>
struct Mask {
    static constexpr bool bitwise = false;
    using Lanes = Pack<Integer<T>, I, N>;
    using Half = Mask<T, I, N / 2>;
    using Bytes = Pack<std::uint8_t, I, N>;

    Lanes lanes;

    Mask() = default;
    XGRAD_INLINE Mask(bool all) : lanes(all ? -1 : 0) {}
    XGRAD_INLINE explicit Mask(const Lanes& ones) : lanes(ones) {}
    XGRAD_INLINE Mask(const Half& low, const Half& high) : lanes(low.lanes, high.lanes) {}

    static XGRAD_INLINE Mask from_uint8(const Bytes& x) { return (convert<Integer<T>>(x) != 0).template as<T>(); }
    static XGRAD_INLINE Mask from_uint8(const std::uint8_t* p) { return from_uint8(Bytes::load(p)); }
    static XGRAD_INLINE Mask from_uint8_partial(const std::uint8_t* p, std::size_t n) {
        return from_uint8(Bytes::load_partial(p, n));
    }

    XGRAD_INLINE bool operator[](std::size_t i) const { return lanes[i] != 0; }
    XGRAD_INLINE Half low() const { return Half(lanes.low()); }
    XGRAD_INLINE Half high() const { return Half(lanes.high()); }

    /// The same mask for lanes of another type
    template <class U>
    XGRAD_INLINE Mask<U, I, N> as() const {
        return Mask<U, I, N>(convert<Integer<U>>(lanes));
    }

    friend XGRAD_INLINE Mask operator&(const Mask& a, const Mask& b) { return Mask(a.lanes & b.lanes); }
    friend XGRAD_INLINE Mask operator|(const Mask& a, const Mask& b) { return Mask(a.lanes | b.lanes); }
    friend XGRAD_INLINE Mask operator^(const Mask& a, const Mask& b) { return Mask(a.lanes ^ b.lanes); }
    friend XGRAD_INLINE Mask operator!(const Mask& a) { return Mask(~a.lanes); }
    friend XGRAD_INLINE Mask operator&&(const Mask& a, const Mask& b) { return a & b; }
    friend XGRAD_INLINE Mask operator||(const Mask& a, const Mask& b) { return a | b; }

    friend XGRAD_INLINE bool any(const Mask& a) {
        if constexpr (Lanes::wide)
            return any(a.low() | a.high());
        else
            return Lanes::Lane::any(a.lanes.v);
    }
    friend XGRAD_INLINE bool all(const Mask& a) { return !any(!a); }

    /// 1 where set, 0 elsewhere
    friend XGRAD_INLINE Bytes to_uint8(const Mask& a) { return convert<std::uint8_t>(a.lanes) & Bytes(1); }
};

#if XGRAD_SIMD_AVX512
/// With AVX-512, one bit for each lane, whatever its type.
template <class T, class I, std::size_t N>
    requires(I::bytes == 64)
struct Mask<T, I, N> {
    static constexpr bool bitwise = true;
    using Bits = std::conditional_t<
        N <= 8, __mmask8, std::conditional_t<N <= 16, __mmask16, std::conditional_t<N <= 32, __mmask32, __mmask64>>>;
    using Half = Mask<T, I, N / 2>;
    using Bytes = Pack<std::uint8_t, I, N>;
    static constexpr Bits full = static_cast<Bits>(N == 64 ? ~0ull : (1ull << N % 64) - 1);

    Bits bits;

    Mask() = default;
    XGRAD_INLINE Mask(bool all) : bits(all ? full : Bits(0)) {}
    XGRAD_INLINE Mask(const Half& low, const Half& high)
        : bits(static_cast<Bits>(low.bits | Bits(high.bits) << N / 2)) {}
    static XGRAD_INLINE Mask from_bits(Bits ones) {
        Mask result;
        result.bits = ones;
        return result;
    }

    static XGRAD_INLINE Mask from_uint8(const Bytes& x) { return (x != 0).template as<T>(); }
    static XGRAD_INLINE Mask from_uint8(const std::uint8_t* p) { return from_uint8(Bytes::load(p)); }
    static XGRAD_INLINE Mask from_uint8_partial(const std::uint8_t* p, std::size_t n) {
        return from_uint8(Bytes::load_partial(p, n));
    }

    XGRAD_INLINE bool operator[](std::size_t i) const { return bits >> i & 1; }
    XGRAD_INLINE Half low() const { return Half::from_bits(static_cast<typename Half::Bits>(bits & Half::full)); }
    XGRAD_INLINE Half high() const { return Half::from_bits(static_cast<typename Half::Bits>(bits >> N / 2)); }

    template <class U>
    XGRAD_INLINE Mask<U, I, N> as() const {
        return Mask<U, I, N>::from_bits(bits);
    }

    friend XGRAD_INLINE Mask operator&(const Mask& a, const Mask& b) { return from_bits(a.bits & b.bits); }
    friend XGRAD_INLINE Mask operator|(const Mask& a, const Mask& b) { return from_bits(a.bits | b.bits); }
    friend XGRAD_INLINE Mask operator^(const Mask& a, const Mask& b) { return from_bits(a.bits ^ b.bits); }
    friend XGRAD_INLINE Mask operator!(const Mask& a) { return from_bits(a.bits ^ full); }
    friend XGRAD_INLINE Mask operator&&(const Mask& a, const Mask& b) { return a & b; }
    friend XGRAD_INLINE Mask operator||(const Mask& a, const Mask& b) { return a | b; }

    friend XGRAD_INLINE bool any(const Mask& a) { return a.bits != 0; }
    friend XGRAD_INLINE bool all(const Mask& a) { return a.bits == full; }
    friend XGRAD_INLINE Bytes to_uint8(const Mask& a) { return Bytes::blend(a.template as<std::uint8_t>(), 1, 0); }
};
#endif

} // namespace xgrad::simd
