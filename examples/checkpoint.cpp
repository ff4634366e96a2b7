#include "checkpoint.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include <xgrad/models/checkpoint.hpp>
#include <xgrad/models/stored_arrays.hpp>
#include <xgrad/models/whole_file.hpp>

namespace examples {

namespace {

constexpr std::size_t settings_size = 256;
constexpr double none = -1; // where a loss is to be set

/// What the steps of a run depend on, all but what may be changed on the way: the rates, and how long it takes.
std::string settings_of(const Options& options, const Dataset& data, const std::optional<xgrad::Group>& ranks) {
    return fmt::format("{} loss, {}, batches of {}{}, {}, {} examples of {}",
                       options.loss == Loss::svm ? "svm" : "softmax", options.optimizer,
                       std::min(options.batch_size, data.size()),
                       ranks ? fmt::format(" in {} shards", ranks->shards()) : "",
                       options.in_order ? std::string("in order") : fmt::format("seed {}", options.seed), data.size(),
                       data.name)
        .substr(0, settings_size);
}

/// Text as an array, which every checkpoint can hold; zeros at the end.
xt::xarray<std::uint8_t> to_array(const std::string& text) {
    auto array = xt::xarray<std::uint8_t>::from_shape({settings_size});
    array.fill(0);
    std::ranges::copy(text, array.data());
    return array;
}

std::string to_text(const xt::xarray<std::uint8_t>& array) {
    return {array.data(), std::find(array.data(), array.data() + array.size(), 0)};
}

/// xgrad lists what does not fit in lines of their own.
std::string in_one_line(std::string text) {
    for (std::size_t at; (at = text.find("\n  ")) != text.npos;)
        text.replace(at, 3, text[at - 1] == ':' ? " " : "; ");
    return text;
}

} // namespace

Checkpoint::Checkpoint(xgrad::Tape& tape, const Options& options, const Dataset& data,
                       std::optional<xgrad::Group> ranks)
    : tape_(tape), ranks_(std::move(ranks)), path_(options.checkpoint), resume_(options.resume),
      settings_(settings_of(options, data, ranks_)), epoch_(tape.training_state(std::int64_t{0}, "training.epoch")),
      step_(tape.training_state(std::int64_t{0}, "training.step")),
      first_loss_(tape.training_state(none, "training.first_loss")),
      stored_settings_(tape.training_state(to_array(settings_), "training.settings")) {}

Position Checkpoint::start() {
    if (path_.empty()) return {};
    const bool there = std::filesystem::exists(path_);
    if (there && !resume_)
        throw std::runtime_error(
            fmt::format("{}: is there already and holds another run; go on with that by --resume, or "
                        "name another file, or delete it",
                        path_));
    try {
        if (!ranks_ || ranks_->rank() == 0) xgrad::models::remove_abandoned(path_, {});
        if (!there) return {};
        xgrad::models::load(tape_, path_, {}, {});
    } catch (const xgrad::Error& error) { throw std::runtime_error(in_one_line(error.what())); }
    const std::string stored = to_text(stored_settings_.value<std::uint8_t>());
    if (stored != settings_)
        throw std::runtime_error(fmt::format("{}: is of a run with {}; this one is with {}", path_, stored, settings_));
    const auto epochs = epoch_.scalar<std::int64_t>(), steps = step_.scalar<std::int64_t>();
    if (epochs < 0 || steps < 0) throw std::runtime_error(fmt::format("{}: no run stands at step {}", path_, steps));
    resumed_ = true;
    return {static_cast<std::size_t>(epochs), static_cast<std::size_t>(steps)};
}

SavedModel saved_model(const std::string& path) {
    namespace models = xgrad::models;
    try {
        const models::MappedFile file(path, {});
        const bool zip = path.ends_with(models::npz_format.ending);
        const models::StoredArrays stored = (zip ? models::npz_format : models::safetensors_format).read(file.bytes());
        const auto find = [&](std::string_view name) {
            const auto found = std::ranges::find(stored.arrays, name, &models::StoredArray::name);
            if (found == stored.arrays.end())
                throw std::runtime_error(fmt::format(
                    "{}: holds no array {}, so no classifier that train_classifier has trained", path, name));
            return *found;
        };
        const models::StoredArray weights = find("linear.weights"), settings = find("training.settings");
        const xgrad::Shape& shape = weights.type.shape;
        if (shape.rank() != 2)
            throw std::runtime_error(
                fmt::format("{}: its linear.weights must be (features, classes), and are {}", path, shape.str()));
        const std::string_view text(reinterpret_cast<const char*>(settings.bytes.data()), settings.bytes.size());
        return {shape[0], shape[1], text.starts_with("svm") ? Loss::svm : Loss::softmax};
    } catch (const xgrad::Error& error) {
        const std::string text = in_one_line(error.what());
        throw std::runtime_error(text.find(path) == text.npos ? fmt::format("{}: {}", path, text) : text);
    }
}

void load_model(xgrad::Tape& tape, const std::string& path) {
    try {
        xgrad::models::load(tape, path, {.group = xgrad::models::Group::model}, {});
    } catch (const xgrad::Error& error) { throw std::runtime_error(in_one_line(error.what())); }
}

std::optional<double> Checkpoint::first_loss() const {
    const auto loss = first_loss_.scalar<double>();
    return loss < 0 ? std::nullopt : std::optional(loss);
}

void Checkpoint::set_first_loss(double loss) { tape_.assign(first_loss_, loss); }

void Checkpoint::save(Position position) {
    if (path_.empty()) return;
    tape_.assign(epoch_, static_cast<std::int64_t>(position.epochs));
    tape_.assign(step_, static_cast<std::int64_t>(position.steps));
    if (ranks_) ranks_->barrier();
    if (!ranks_ || ranks_->rank() == 0) xgrad::models::save(tape_, path_, {}, {});
}

} // namespace examples
