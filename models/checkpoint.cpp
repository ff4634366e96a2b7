#include <xgrad/models/checkpoint.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include <xgrad/core/graph.hpp>
#include <xgrad/models/stored_arrays.hpp>
#include <xgrad/models/whole_file.hpp>

namespace xgrad::models {
namespace {

const StorageFormat& format_of(const std::string& path, Location where) {
    for (const StorageFormat* format : {&npz_format, &safetensors_format})
        if (path.ends_with(format->ending)) return *format;
    throw Error(
        fmt::format("{}: the name of a checkpoint ends in .npz or .safetensors, which says how it is written", path),
        where);
}

struct Held {
    std::shared_ptr<Leaf> leaf;
    bool is_slot = false;
};

/// What the tape holds, by name: its parameters, its states, and its slots, also those whose nodes a rewind has taken away.
std::map<std::string, Held> held(const Tape& tape, bool only_parameters, Location where) {
    const Graph& graph = tape.graph();
    std::map<std::string, Held> result;
    auto add = [&](const std::string& name, std::shared_ptr<Leaf> leaf, bool is_slot) {
        if (!result.emplace(name, Held{std::move(leaf), is_slot}).second)
            throw Error(fmt::format("checkpoint: two arrays of the tape are called \"{}\"", name), where);
    };
    std::set<const Leaf*> slots;
    for (const auto& [name, slot] : graph.slots()) {
        slots.insert(slot.leaf.get());
        if (!only_parameters) add(name, slot.leaf, true);
    }
    for (const auto kind : {Tape::LeafKind::parameter, Tape::LeafKind::state}) {
        if (only_parameters && kind == Tape::LeafKind::state) break;
        for (const std::uint32_t i : graph.leaves(kind))
            if (!slots.contains(graph.leaf(i))) add(graph.leaf(i)->name, graph.shared_leaf(i), false);
    }
    return result;
}

std::string describe(const StoredArray& array) {
    return fmt::format("{} {}", array.foreign.empty() ? name(array.type.dtype) : array.foreign, array.type.shape.str());
}

/// Copies elements into a row-major array; those of a column-major one are put in order.
void copy_elements(const StoredArray& from, std::byte* to) {
    const Shape& shape = from.type.shape;
    const std::size_t size = size_of(from.type.dtype), n = shape.numel();
    if (!from.column_major || shape.rank() < 2) {
        if (n != 0) std::memcpy(to, from.bytes.data(), n * size);
        return;
    }
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t rest = i, source = 0;
        std::array<std::size_t, max_rank> at{};
        for (std::size_t axis = shape.rank(); axis-- > 0; rest /= shape[axis])
            at[axis] = rest % shape[axis];
        for (std::size_t axis = shape.rank(); axis-- > 0;)
            source = source * shape[axis] + at[axis];
        std::memcpy(to + i * size, from.bytes.data() + source * size, size);
    }
}

/// Slots that a file has and the tape has not, made for it: all of them or none, since a rule would take one that stands for its own.
class MadeSlots {
  public:
    explicit MadeSlots(Tape& tape) : tape_(tape), before_(tape.mark()) {}
    ~MadeSlots() {
        if (kept_) return;
        for (const std::string* name : names_)
            tape_.graph().remove_slot(*name);
        tape_.rewind(before_);
    }
    MadeSlots(const MadeSlots&) = delete;
    MadeSlots& operator=(const MadeSlots&) = delete;

    void make(const StoredArray& array, Location where) {
        names_.push_back(&array.name); // first: the slot may stand although what makes it fails
        tape_.slot(array.name, array.type.dtype, array.type.shape, 0, where);
    }
    void keep() { kept_ = true; }

  private:
    Tape& tape_;
    const Mark before_;
    std::vector<const std::string*> names_;
    bool kept_ = false;
};

/// Puts the path before the errors of a format, which do not know it.
template <class F>
auto naming(const std::string& path, Location where, F f) {
    try {
        return f();
    } catch (const Error& error) { throw Error(fmt::format("{}: {}", path, error.message()), where); }
}

} // namespace

void save(const Tape& tape, const std::string& path, Location where) {
    const StorageFormat& format = format_of(path, where);
    StoredArrays stored;
    for (const auto& [name, its] : held(tape, false, where)) {
        if (name == "__metadata__" || name == "__slots__" || name.find('\n') != name.npos)
            throw Error(fmt::format("{}: an array of a checkpoint cannot be called \"{}\"", path, name), where);
        const std::size_t bytes = its.leaf->type.shape.numel() * size_of(its.leaf->type.dtype);
        stored.arrays.push_back({.name = name, .type = its.leaf->type, .bytes = {its.leaf->buffer->data(), bytes}});
        if (its.is_slot) stored.slots.push_back(name);
    }
    const StorageFormat::Pieces pieces = naming(path, where, [&] { return format.write(stored); });
    replace_file(path, pieces.pieces, where);
}

void load(Tape& tape, const std::string& path, LoadOptions options, Location where) {
    const MappedFile file(path, where);
    const StorageFormat& format = format_of(path, where);
    const StoredArrays stored = naming(path, where, [&] { return format.read(file.bytes()); });
    const std::set<std::string> slots(stored.slots.begin(), stored.slots.end());
    const std::map<std::string, Held> leaves = held(tape, options.only_parameters, where);

    std::string mismatches;
    std::map<std::string, const StoredArray*> found;
    for (const StoredArray& array : stored.arrays) {
        const auto leaf = leaves.find(array.name);
        if (!found.emplace(array.name, &array).second)
            mismatches += fmt::format("\n  \"{}\" is in the file twice", array.name);
        else if (leaf == leaves.end() && !options.only_parameters &&
                 (!slots.contains(array.name) || !array.foreign.empty()))
            mismatches += fmt::format("\n  \"{}\", {} in the file, is not on the tape", array.name, describe(array));
        else if (leaf != leaves.end() && (leaf->second.leaf->type != array.type || !array.foreign.empty()))
            mismatches += fmt::format("\n  \"{}\" is {} in the file and {} {} on the tape", array.name, describe(array),
                                      name(leaf->second.leaf->type.dtype), leaf->second.leaf->type.shape.str());
    }
    for (const auto& [name, leaf] : leaves)
        if (!found.contains(name))
            mismatches += fmt::format("\n  \"{}\", {} {} on the tape, is not in the file", name,
                                      xgrad::name(leaf.leaf->type.dtype), leaf.leaf->type.shape.str());
    if (!mismatches.empty())
        throw Error(fmt::format("{} does not fit the tape; nothing was loaded:{}", path, mismatches), where);

    // First what may fail, the making of slots, and then the copies, which cannot.
    std::vector<std::pair<const StoredArray*, std::shared_ptr<Leaf>>> copies;
    MadeSlots slots_made(tape);
    for (const auto& [name, array] : found) {
        const auto leaf = leaves.find(name);
        if (leaf != leaves.end())
            copies.emplace_back(array, leaf->second.leaf);
        else if (!options.only_parameters) {
            slots_made.make(*array, where);
            copies.emplace_back(array, tape.graph().named_slot(name)->leaf);
        }
    }
    slots_made.keep();
    for (const auto& [array, leaf] : copies)
        copy_elements(*array, leaf->buffer->data());
}

} // namespace xgrad::models
