#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "batches.hpp"
#include "classifier.hpp"
#include "interrupt.hpp"
#include "random.hpp"

namespace examples {

namespace {

void check_loss(double loss, std::size_t epoch, double learning_rate) {
    if (!std::isfinite(loss))
        throw Diverged(fmt::format("the loss became {} in epoch {}: the learning rate {} is too large", loss, epoch,
                                   learning_rate));
}

} // namespace

double default_learning_rate(const Options& options, const Dataset& data) {
    double squares = 0;
    for (const float feature : data.features)
        squares += static_cast<double>(feature) * feature;
    const double mean_square = std::max(squares / static_cast<double>(data.size()), 1e-6);
    const double loss_factor = options.loss == Loss::softmax ? 10 : 2;
    const double rule_factor = options.optimizer == Rule::gd ? 3 : options.optimizer == Rule::momentum ? 0.1 : 1;
    return std::stod(fmt::format("{:.2g}", loss_factor * rule_factor / mean_square));
}

std::optional<Score> train(const Datasets& data, Options options) {
    if (!options.learning_rate) options.learning_rate = default_learning_rate(options, data.train);
    if (options.threads) xgrad::set_num_threads(*options.threads);
    Report report(data, options);
    Classifier classifier(data.train.width(), data.train.classes, options);
    const bool whole = options.optimizer == Rule::gd;
    Batches batches(data.train, whole ? data.train.size() : options.batch_size);
    Random order(options.seed);
    Score test;

    for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
        if (!options.in_order && !whole) batches.shuffle(order);
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t batch = 0; batch < batches.count(); ++batch) {
            double loss = 0;
            batches.visit(batch,
                          [&](const auto& features, const auto& labels) { loss = classifier.learn(features, labels); });
            check_loss(loss, epoch, *options.learning_rate);
            report.step(epoch, batch + 1, batches.count(), loss);
            if (interrupted()) {
                report.interrupted(epoch, batch + 1, batches.count());
                return std::nullopt;
            }
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

        const Score train = classifier.evaluate(data.train);
        check_loss(train.loss, epoch, *options.learning_rate);
        test = classifier.evaluate(data.test);
        report.epoch(epoch, train, test, static_cast<double>(data.train.size()) / seconds.count());
    }
    return test;
}

} // namespace examples
