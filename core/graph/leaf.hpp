#pragma once
// The attributes of nodes that nothing computes: leaves and numbers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/graph/op_info.hpp>

namespace xgrad {

enum class LeafKind : std::uint8_t { input, constant, parameter, state };
const char* name(LeafKind kind);

/// What stands at the leaves: an input (no buffer), a constant, a parameter or a state.
struct Leaf {
    LeafKind kind;
    Type type;
    std::string name;
    std::shared_ptr<Buffer> buffer;
    std::uint64_t version = 0; // how often it was assigned
    bool of_training = false;  // a state that is of no use once the training has ended, see Tape::training_state
};

/// A number, as its bytes in its dtype; the attribute of scalar constants.
struct Scalar {
    alignas(8) std::array<std::byte, 8> bytes{};
    bool operator==(const Scalar&) const = default;
    std::size_t hash() const {
        const auto bits = __builtin_bit_cast(std::uint64_t, bytes);
        return bits ^ (bits >> 31);
    }
    std::string str() const { return {}; }
};

const OpInfo& leaf_info();
const OpInfo& scalar_info();

} // namespace xgrad
