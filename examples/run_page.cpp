#include "run_page.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "page_parts.hpp"
#include "svg.hpp"

namespace examples {

namespace {

std::string settings(const Datasets& data, const Options& options, std::span<const EpochRecord> records) {
    std::vector<std::pair<std::string, std::string>> rows{
        {"data", data.train.name + (data.remark.empty() ? "" : "; " + data.remark)},
        {"examples", fmt::format("{} for the training, {} held out", data.train.size(), data.test.size())},
        {"features", fmt::format("{} in {} classes", data.train.width(), data.train.classes)},
        {"training", describe(options, data.train.size())},
        {"seed", fmt::format("{}{}{}", options.seed, options.in_order ? ", examples in order" : "",
                             options.zero_init ? ", weights from zero" : "")}};
    if (!records.empty()) {
        const EpochRecord& last = records.back();
        rows.emplace_back("after", fmt::format("{} of {} epochs, {} steps", last.epoch, options.epochs, last.steps));
        rows.emplace_back("training set",
                          fmt::format("loss {:.4f}, accuracy {:.4f}", last.train.loss, last.train.accuracy));
        rows.emplace_back("held out", fmt::format("loss {:.4f}, accuracy {:.4f}", last.test.loss, last.test.accuracy));
        rows.emplace_back("speed", fmt::format("{:.0f} examples a second in the last epoch", last.examples_per_second));
    }
    return settings_table(rows);
}

std::string curves(std::span<const EpochRecord> records) {
    if (records.empty()) return "<p>No epoch was left to be run.</p>\n";
    std::string text = curve_grid(records);
    if (records.front().epoch > 1)
        text += fmt::format("<p>The epochs before {} are not known here; a --log would have kept them.</p>\n",
                            records.front().epoch);
    return text;
}

std::string templates(const Classifier& classifier, const Dataset& data) {
    const xt::xarray<float> weights = classifier.weights();
    std::string figures;
    for (std::size_t c = 0; c < std::min(data.classes, most_weight_pictures); ++c)
        figures += figure(weight_picture(data.examples.feature_type().shape, column(weights, c)),
                          escaped(data.class_name(c)));
    return "<p>The weights of each class as a picture: grey where they are 0, bright where light pixels raise its "
           "score, dark where they lower it.</p>\n" +
           tiles(figures);
}

} // namespace

std::string run_page(Classifier& classifier, const Datasets& data, const Options& options,
                     std::span<const EpochRecord> records) {
    const xt::xarray<float> outputs = classifier.predict(data.test);
    const Predictions predictions{data.test, outputs};
    std::string text = section("Settings", settings(data, options, records)) + section("Curves", curves(records));
    if (data.train.is_images()) text += section("What each class looks for", templates(classifier, data.test));
    text += section("Confusions", confusions(predictions));
    text += section("The most wrong predictions",
                    wrong_examples(predictions, options.loss == Loss::svm ? "score" : "probability"));
    text += section("The program of a training step", program_text(classifier.plan(data.train, options)));
    return html_page("Training on " + data.train.name, text);
}

} // namespace examples
