#pragma once
// The verifier of plans: it knows which elements of which node stand where, and follows each call.

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <xgrad/core/compiler/verify.hpp>
#include <xgrad/core/compiler/verify_memory.hpp>

namespace xgrad {

/// Element i of an iteration, traced to an element of `node`: each layout says which element of an input an element of
/// its reader is.
struct Ref {
    std::uint32_t node;
    std::vector<Layout> path;

    std::size_t element(std::size_t i) const {
        for (const Layout& l : path)
            i = static_cast<std::size_t>(l.place_of(i));
        return i;
    }
};

/// What a kernel that joins several ops computes, in postfix: letters are its operands, 'u' a cast of bytes, '2' a
/// square, 'v' a square root.
struct Formula {
    std::string postfix;
    unsigned spread = 0; // bit k: operand k is one element for each row
    bool single = true;  // float32
};

/// Null for a kernel of one op.
const Formula* formula_of(Kernel kernel);

class Verifier {
  public:
    Verifier(const Graph& graph, const CompileRequest& request, const Plan& plan)
        : graph_(graph), request_(request), plan_(plan) {}

    void run();

  private:
    using Content = verify_memory::Content;
    using Stretch = verify_memory::Stretch;
    using Reading = verify_memory::Reading;
    using Shown = verify_memory::Shown;

    [[noreturn]] void fail(const std::string& what) const;
    void require(bool holds, const char* what) const {
        if (!holds) fail(what);
    }

    /// Ops without operator== are equal to none, not to themselves either.
    void require_attributes(const void* op, const Node& node) const {
        require(node.info->empty || node.info->equal(op, node.op) || !node.info->equal(node.op, node.op),
                "other attributes than the node's");
    }

    bool needed(std::uint32_t node) const { return node < needed_.size() && needed_[node] != 0; }

    // --- The graph -----------------------------------------------------------------------------------------------

    /// Of a reduction: the elements of its input for each of its own.
    std::size_t reduced_elements(std::uint32_t node) const;
    /// Its input with the reduced axes behind the others, or before them.
    Layout reduced_behind(std::uint32_t node, bool behind) const;

    /// One step towards what lies in memory: from a view to its input.
    bool look_through(Ref& ref) const;

    /// An input of an elementwise node, in the space of that node.
    Ref operand_of(std::uint32_t node, std::size_t k, std::vector<Layout> path = {}) const;

    bool is(std::uint32_t node, char op) const;
    /// The elements of an operand of a product as rows, which the op may have transposed.
    Ref matrix(std::size_t k, bool transpose) const;

    // --- Memory --------------------------------------------------------------------------------------------------

    void place_leaves();

    Content array(std::uint32_t node) const;

    void write(std::uint32_t base, std::int64_t offset, Content content);

    /// The element that an operand shows at element e of the iteration.
    Shown shown(const Reading& r, std::size_t e) const;

    /// The element that stands at an address; `row` is the loop's, ~0 outside of its blocks.
    Shown in_memory(std::uint32_t base, std::int64_t byte, std::size_t row) const;

    /// What the blocks of a loop write is there for the rows of the block alone.
    bool of_other_blocks(std::uint32_t base, const Stretch& stretch, std::size_t index, std::size_t row) const;

    /// Some elements of an iteration: all of a small one; else the first, the last, those around a block's end, and
    /// others.
    template <class F>
    bool all_of_samples(std::size_t total, std::size_t block, F f) const {
        constexpr std::size_t few = 128;
        if (total <= few) {
            for (std::size_t i = 0; i < total; ++i)
                if (!f(i)) return false;
            return true;
        }
        std::uint64_t random = 88172645463325252u;
        for (std::size_t i = 0; i < few / 4; ++i) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            const std::size_t near = std::min(total - 1, block + i);
            if (!f(i) || !f(total - 1 - i) || !f(near >= 16 ? near - 16 : near) || !f(random % total)) return false;
        }
        return true;
    }

    /// A whole array, outside of loops.
    void require_array(const Place& place, std::uint32_t node, const char* what) const;

    // --- Operands and results of a call --------------------------------------------------------------------------

    Reading reading(const Instruction& i, std::size_t k, bool spread) const {
        return {i.in[k], i.in_stride[k], spread, i.flat, i.subrows, i.cols};
    }

    /// Whether the operand shows, at each element of the iteration, the element of the graph that the reference names.
    bool holds(const Reading& r, Ref ref, std::string& why) const;

    bool equal(const Shown& s, Ref& ref, std::size_t i, std::uint32_t wanted, std::string& why) const;

    void require_holds(const Reading& r, const Ref& ref, std::size_t k) const;

    /// Whether the node that the reference names is what the formula computes of the operands. `end`: of the part that
    /// is looked at, from behind.
    bool matches(const std::string& postfix, std::size_t end, Ref ref, const std::vector<Reading>& operands,
                 std::string& why) const;

    /// Of the part of a postfix formula that ends there.
    static std::size_t length(const std::string& postfix, std::size_t end);

    /// An elementwise kernel may write where it reads, each element where it reads that of the same place alone.
    void require_elementwise(const Instruction& i, unsigned spread) const;
    /// Other kernels may not.
    void require_apart(const Instruction& i, std::size_t width, std::size_t element_bytes = 0) const;

    /// The call writes the node's elements, in their order.
    void write_node(const Instruction& i, std::uint32_t node, std::size_t subrows, std::size_t cols);

    void write_content(const Reading& out, Content content);

    // --- Calls of a loop -----------------------------------------------------------------------------------------

    void run(const Loop& loop);
    std::int64_t end_of(const Instruction& i) const;
    /// An op that checks integers finds them when the loop has ended.
    void require_integers(const FaultCheck& check, const Instruction& i) const;

    enum Allowed { pack_only, moves_only, everything };
    void call(const Instruction& i, const char* what, Allowed allowed);
    void elementwise(const Instruction& i, const Node& node);
    void joint(const Instruction& i, const Formula& formula);
    void reduction(const Instruction& i, const Node& node);
    Content accumulator(Content::Kind kind, const ReductionForm& form, std::size_t count) const;
    bool accumulated(const Place& place, Content::Kind kind) const;
    const Accumulator& accumulator_of(const Instruction& i);
    void rowwise(const Instruction& i, const Node& node);
    /// Moves put stored elements elsewhere, in another order; they belong to no node. False if the call is none.
    bool move(const Instruction& i, bool before_blocks);
    static Shown gathered(const Stretch& from, const Reading& in, const GatherMap& map, std::size_t e,
                          const Loop& loop);
    void pack(const Instruction& i);
    void narrow(const Instruction& i, const Formula& formula);

    // --- Steps of one call, and results --------------------------------------------------------------------------

    void run(const Product& p);
    void run(const OpaqueCall& call);
    void run(const Copy& copy);
    void require_results();

    const Graph& graph_;
    const CompileRequest& request_;
    const Plan& plan_;
    verify_memory::Memory memory_;
    std::unordered_map<std::uint32_t, std::uint32_t> base_of_; // of each leaf
    std::vector<char> needed_;                                 // nodes
    const Loop* loop_ = nullptr;
    std::vector<std::uint32_t> pending_; // for each accumulator, the node that is added up in it
    struct Written {
        std::uint32_t base;
        std::int64_t begin, end;
    };
    std::vector<Written> written_; // by the blocks of the present loop
    std::uint32_t node_ = ~0u;
    std::string where_;
};

} // namespace xgrad
