// The command line of train_classifier: an argument in each line.

#include <cmath>

#include <command_line.hpp>
#include <options.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::string> words{"train_classifier"};
    for (const fuzz::Input line : fuzz::split({data, size}, "\n"))
        words.emplace_back(fuzz::text(line).substr(0, fuzz::text(line).find('\0')));
    std::vector<const char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(word.c_str());
    try {
        const auto options = examples::parse_options(static_cast<int>(arguments.size()), arguments.data());
        if (!options) return 0;
        fuzz::require(options->batch_size > 0 && options->epochs > 0, "counts are above 0");
        fuzz::require(std::isfinite(options->l2) && options->l2 >= 0, "the factor of the squares is a number");
        fuzz::require(options->learning_rate.value_or(1) > 0, "the learning rate is above 0");
        examples::describe(*options, 1000);
    } catch (const examples::OptionError&) {}
    return 0;
}
