#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "checkpoint.hpp"
#include "classifier.hpp"
#include "interrupt.hpp"
#include "log.hpp"
#include "page_parts.hpp"
#include "rules.hpp"
#include "run_page.hpp"
#include "update_ratio.hpp"

namespace examples {

namespace {

/// `start`, if it is given, is what the loss was at the start.
void check_loss(double loss, std::optional<double> start, std::size_t epoch, const Options& options) {
    constexpr double times = 1000, least = 1e-3; // a loss of up to 1 is never one that has grown
    const bool grown = start && loss > times * std::max(*start, least);
    if (std::isfinite(loss) && !grown) return;
    // A step takes 2 l2 rate times a weight from it: from 1 on l2 rate makes the weights grow by itself.
    const double rate = *options.learning_rate;
    const bool by_l2 = options.l2 > 1 && options.l2 * rate > 1;
    throw Diverged(
        fmt::format("the loss became {} in epoch {}{}: {} is too large", loss, epoch,
                    std::isfinite(loss) ? fmt::format(", from {:.4g} at the start", *start) : "",
                    by_l2 ? fmt::format("the factor --l2 {}", options.l2) : fmt::format("the learning rate {}", rate)));
}

} // namespace

double two_digits(double x) { return std::stod(fmt::format("{:.2g}", x)); }

double default_learning_rate(const Options& options, const Dataset& data) {
    const NamedRule& rule = *find_rule(options.optimizer);
    if (rule.length == StepLength::parameter) return rule.factor;
    const bool by_gradient = rule.length == StepLength::gradient;
    const double size = std::max(mean_size(data, by_gradient), 1e-6);
    const double loss_factor = !by_gradient ? 1 : options.loss == Loss::softmax ? 10 : 2;
    return two_digits(loss_factor * rule.factor / size);
}

std::optional<Score> train(const Datasets& data, Options options, std::optional<xgrad::Group> ranks) {
    const bool launched = ranks.has_value();
    if (!ranks && options.shards) ranks.emplace();
    if (ranks) ranks = ranks->with_shards(options.shards.value_or(ranks->shards()));
    const bool writes = !ranks || ranks->rank() == 0;
    if (!options.learning_rate) options.learning_rate = default_learning_rate(options, data.train);
    if (options.threads) xgrad::set_num_threads(*options.threads);
    Classifier classifier(data.train.width(), data.train.classes, options, ranks);
    if (options.report && writes) make_page_folder(*options.report);
    Checkpoint checkpoint(classifier.tape(), options, data.train, ranks);
    const Position start = checkpoint.start();
    Log log(writes ? options.log : std::nullopt, checkpoint.resumed() ? std::optional(start.epochs) : std::nullopt);
    Report report(data, options, launched);
    if (checkpoint.resumed())
        report.resumed(start);
    else
        checkpoint.save({}); // a file that cannot be written is better found out now

    std::optional<double> first_loss = checkpoint.first_loss();
    const xgrad::data::Batches batches(data.train.examples,
                                       {.batch_size = options.whole() ? data.train.size() : options.batch_size,
                                        .shuffle = !options.in_order && !options.whole(),
                                        .seed = options.seed,
                                        .group = ranks});

    const auto write_page = [&] {
        if (options.report && writes) save_page(*options.report, run_page(classifier, data, options, log.rows()));
    };
    for (Position at = start; at.epochs < options.epochs; at = {at.epochs + 1, 0}) {
        const std::size_t epoch = at.epochs + 1, first = at.steps;
        MeanRatio ratios;
        const auto begin = std::chrono::steady_clock::now();
        for (const xgrad::data::Batch& batch : batches.epoch(at.epochs, first)) {
            const auto [loss, ratio, stop] = classifier.learn(batch, interrupted());
            ratios.add(ratio);
            check_loss(loss, {}, epoch, options);
            if (!first_loss) checkpoint.set_first_loss(*(first_loss = loss));
            ++at.steps;
            report.step(epoch, at.steps, batches.count(), loss);
            if (stop || (options.checkpoint_every && at.steps % *options.checkpoint_every == 0)) checkpoint.save(at);
            if (stop) {
                report.interrupted(stop, epoch, at.steps, batches.count());
                return std::nullopt;
            }
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        const std::size_t seen = data.train.size() - std::min(data.train.size(), first * options.batch_size);

        const Score train = classifier.evaluate(data.train);
        check_loss(train.loss, first_loss, epoch, options);
        const EpochRecord record{.epoch = epoch,
                                 .steps = epoch * batches.count(),
                                 .learning_rate = *options.learning_rate,
                                 .train = train,
                                 .test = classifier.evaluate(data.test),
                                 .examples_per_second = static_cast<double>(seen) / seconds.count(),
                                 .seconds = seconds.count(),
                                 .update_ratio = ratios.value()};
        log.write(record); // first: a row whose epoch was not saved is removed when the run is resumed
        checkpoint.save({epoch, 0});
        report.epoch(record);
        write_page(); // each time, for a run that is stopped or diverges leaves the page of what was done
    }
    if (start.epochs >= options.epochs) write_page();
    return classifier.evaluate(data.test);
}

} // namespace examples
