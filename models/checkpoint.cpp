#include <xgrad/models/checkpoint.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
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
using HeldByName = std::map<std::string, Held>;

bool wanted(Group group, bool of_training) { return group == Group::all || (group == Group::training) == of_training; }

/// What the tape holds, by name: its parameters, its states, and its slots, also those whose nodes a rewind has taken
/// away.
HeldByName held(const Tape& tape, Location where) {
    const Graph& graph = tape.graph();
    const OneUser::Inside inside(graph.user, "a tape", where);
    HeldByName result;
    auto add = [&](const std::string& name, std::shared_ptr<Leaf> leaf, bool is_slot) {
        if (!result.emplace(name, Held{std::move(leaf), is_slot}).second)
            throw Error(fmt::format("checkpoint: two arrays of the tape are called \"{}\"", name), where);
    };
    std::set<const Leaf*> slots;
    for (const auto& [name, slot] : graph.slots()) {
        slots.insert(slot.leaf.get());
        add(name, slot.leaf, true);
    }
    for (const auto kind : {LeafKind::parameter, LeafKind::state})
        for (const std::uint32_t i : graph.leaves(kind))
            if (!slots.contains(graph.leaf(i))) add(graph.leaf(i)->name, graph.shared_leaf(i), false);
    return result;
}

HeldByName only(Group group, HeldByName all) {
    std::erase_if(all, [&](const auto& entry) { return !wanted(group, entry.second.leaf->of_training); });
    return all;
}

std::string describe(const StoredArray& array) {
    return fmt::format("{} {}", array.foreign.empty() ? name(array.type.dtype) : array.foreign, array.type.shape.str());
}

/// The elements in the other floating-point dtype, in a row; none if float32 cannot hold one.
template <class From, class To>
std::optional<std::vector<std::byte>> converted(const StoredArray& from) {
    std::vector<std::byte> result(from.type.shape.numel() * sizeof(To));
    bool holds = true;
    for_each_element(from, [&](std::size_t i, std::size_t source) {
        From x;
        std::memcpy(&x, from.bytes.data() + source * sizeof(From), sizeof(From));
        const bool too_large = std::isfinite(x) && std::abs(x) > static_cast<From>(std::numeric_limits<float>::max());
        const To y = too_large ? To(0) : static_cast<To>(x);
        holds = holds && !too_large;
        std::memcpy(result.data() + i * sizeof(To), &y, sizeof(To));
    });
    if (sizeof(To) < sizeof(From) && !holds) return std::nullopt;
    return result;
}

/// Slots that a file has and the tape has not, made for it: all of them or none, since a rule would take one that
/// stands for its own.
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
        (void)tape_.slot(array.name, array.type.dtype, array.type.shape, 0, where);
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

/// A file, and its arrays.
struct OpenFile {
    OpenFile(const std::string& path, Location where)
        : mapped(path, where), stored(naming(path, where, [&] { return format_of(path, where).read(mapped.bytes()); })),
          slots(stored.slots.begin(), stored.slots.end()), of_training(slots) {
        of_training.insert(stored.training.begin(), stored.training.end());
    }
    const MappedFile mapped;
    const StoredArrays stored;
    std::set<std::string> slots, of_training;
};

std::string differing(const StoredArray& array, const Leaf& leaf) {
    return fmt::format("\"{}\" is {} in the file and {} {} on the tape", array.name, describe(array),
                       name(leaf.type.dtype), leaf.type.shape.str());
}

} // namespace

void save(const Tape& tape, const std::string& path, SaveOptions options, Location where) {
    const StorageFormat& format = format_of(path, where);
    StoredArrays stored;
    for (const auto& [name, its] : only(options.group, held(tape, where))) {
        if (name == "__metadata__" || name == "__slots__" || name == "__training__" || name.find('\n') != name.npos)
            throw Error(fmt::format("{}: an array of a checkpoint cannot be called \"{}\"", path, name), where);
        const std::size_t bytes = its.leaf->type.shape.numel() * size_of(its.leaf->type.dtype);
        stored.arrays.push_back({.name = name, .type = its.leaf->type, .bytes = {its.leaf->buffer->data(), bytes}});
        if (its.is_slot)
            stored.slots.push_back(name);
        else if (its.leaf->of_training)
            stored.training.push_back(name);
    }
    const StorageFormat::Pieces pieces = naming(path, where, [&] { return format.write(stored); });
    replace_file(path, pieces.pieces, where);
}

void load(Tape& tape, const std::string& path, LoadOptions options, Location where) {
    const OpenFile file(path, where);
    const HeldByName leaves = held(tape, where);

    std::string mismatches;
    std::map<std::string, const StoredArray*> found;
    for (const StoredArray& array : file.stored.arrays) {
        const auto leaf = leaves.find(array.name);
        const bool on_tape = leaf != leaves.end();
        const bool of_training = on_tape ? leaf->second.leaf->of_training : file.of_training.contains(array.name);
        if (!found.emplace(array.name, &array).second)
            mismatches += fmt::format("\n  \"{}\" is in the file twice", array.name);
        else if (!wanted(options.group, of_training))
            found[array.name] = nullptr;
        else if (!on_tape && (!file.slots.contains(array.name) || !array.foreign.empty()))
            mismatches += fmt::format("\n  \"{}\", {} in the file, is not on the tape", array.name, describe(array));
        else if (on_tape && (leaf->second.leaf->type != array.type || !array.foreign.empty()))
            mismatches += "\n  " + differing(array, *leaf->second.leaf);
    }
    bool all_else_fits = mismatches.empty() && options.group == Group::all;
    for (const auto& [name, leaf] : only(options.group, leaves)) {
        if (found.contains(name)) continue;
        all_else_fits = all_else_fits && leaf.leaf->of_training;
        mismatches += fmt::format("\n  \"{}\", {} {} on the tape, is not in the file", name,
                                  xgrad::name(leaf.leaf->type.dtype), leaf.leaf->type.shape.str());
    }
    if (!mismatches.empty())
        throw Error(fmt::format("{} does not fit the tape; nothing was loaded:{}{}", path, mismatches,
                                all_else_fits ? "\nThat belongs to the training; to load the model, pass {.group = "
                                                "xgrad::models::Group::model}"
                                              : ""),
                    where);

    // First what may fail, the making of slots, and then the copies, which cannot.
    std::vector<std::pair<const StoredArray*, std::shared_ptr<Leaf>>> copies;
    MadeSlots slots_made(tape);
    for (const auto& [name, array] : found) {
        if (!array) continue;
        const auto leaf = leaves.find(name);
        if (leaf != leaves.end())
            copies.emplace_back(array, leaf->second.leaf);
        else {
            slots_made.make(*array, where);
            copies.emplace_back(array, tape.graph().named_slot(name)->leaf);
        }
    }
    slots_made.keep();
    for (const auto& [array, leaf] : copies)
        copy_elements(*array, leaf->buffer->data());
}

LoadReport load_partial(Tape& tape, const std::string& path, PartialLoadOptions options, Location where) {
    const OpenFile file(path, where);
    const HeldByName leaves = held(tape, where);
    LoadReport report;
    std::set<std::string> seen;
    std::vector<std::function<void()>> copies; // once nothing can fail any more
    for (const StoredArray& array : file.stored.arrays) {
        if (!seen.insert(array.name).second)
            throw Error(fmt::format("{}: \"{}\" is in the file twice", path, array.name), where);
        const auto found = leaves.find(array.name);
        const bool on_tape = found != leaves.end();
        if (!wanted(options.group, on_tape ? found->second.leaf->of_training : file.of_training.contains(array.name)))
            continue;
        if (!on_tape) {
            report.not_on_tape.push_back(array.name);
            continue;
        }
        const std::shared_ptr<Leaf>& leaf = found->second.leaf;
        const DType from = array.type.dtype, to = leaf->type.dtype;
        if (array.foreign.empty() && leaf->type == array.type)
            copies.push_back([&array, leaf] { copy_elements(array, leaf->buffer->data()); });
        else if (options.convert && array.foreign.empty() && leaf->type.shape == array.type.shape &&
                 is_floating(from) && is_floating(to)) {
            auto bytes = to == DType::float32 ? converted<double, float>(array) : converted<float, double>(array);
            if (!bytes) {
                report.unfit.push_back(fmt::format("\"{}\" is {} in the file and holds a number beyond float32",
                                                   array.name, describe(array)));
                continue;
            }
            copies.push_back([bytes = std::move(*bytes), leaf] {
                if (!bytes.empty()) std::memcpy(leaf->buffer->data(), bytes.data(), bytes.size());
            });
            report.converted.push_back(array.name);
        } else {
            report.unfit.push_back(differing(array, *leaf));
            continue;
        }
        report.loaded.push_back(array.name);
    }
    for (const auto& [name, leaf] : only(options.group, leaves))
        if (!seen.contains(name)) report.not_in_file.push_back(name);
    for (auto* names : {&report.loaded, &report.converted, &report.not_on_tape, &report.unfit})
        std::sort(names->begin(), names->end());
    if (report.loaded.empty())
        throw Error(fmt::format("{} has nothing that fits the tape:\n{}", path, report.str()), where);
    for (const auto& copy : copies)
        copy();
    return report;
}

std::string LoadReport::str() const {
    std::string text;
    const std::pair<const char*, const std::vector<std::string>*> lists[] = {{"loaded", &loaded},
                                                                             {"converted", &converted},
                                                                             {"not in the file", &not_in_file},
                                                                             {"not on the tape", &not_on_tape},
                                                                             {"unfit", &unfit}};
    for (const auto& [what, names] : lists)
        if (!names->empty()) text += fmt::format("{}: {}\n", what, fmt::join(*names, ", "));
    return text;
}

} // namespace xgrad::models
