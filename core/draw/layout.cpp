#include <xgrad/core/draw/layout.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include <xgrad/core/draw/picture.hpp>

namespace xgrad::draw_detail {
namespace {

constexpr double side_gap = 18, layer_gap = 40, margin = 16;

/// What stands in a layer: a box, or the place where the arrows of a box pass.
struct Item {
    std::size_t layer;
    double width, x = 0;
    std::vector<std::size_t> above = {}, below = {};
};

/// By the longest way from the top. What follows only from what nothing else reads stands right above its first reader.
std::vector<std::size_t> layers_of(std::size_t boxes, const std::vector<Arrow>& arrows) {
    std::vector<std::vector<std::size_t>> readers(boxes), read(boxes);
    for (const Arrow& arrow : arrows) {
        readers[arrow.from].push_back(arrow.to);
        read[arrow.to].push_back(arrow.from);
    }
    std::vector<std::size_t> layer(boxes);
    std::vector<char> alone(boxes); // moves with all that it follows from
    for (std::size_t i = 0; i < boxes; ++i) {
        for (const std::size_t k : read[i])
            layer[i] = std::max(layer[i], layer[k] + 1);
        alone[i] = std::all_of(read[i].begin(), read[i].end(),
                               [&](std::size_t k) { return alone[k] && readers[k].size() == 1; });
    }
    for (std::size_t i = boxes; i-- > 0;) {
        if (!alone[i] || readers[i].empty()) continue;
        std::size_t first = layer[readers[i][0]];
        for (const std::size_t reader : readers[i])
            first = std::min(first, layer[reader]);
        layer[i] = first - 1;
    }
    return layer;
}

/// Boxes, and behind them, for each layer that arrows of a box pass, a place that all of them share.
struct Layers {
    std::vector<Item> items;
    std::vector<std::vector<std::size_t>> rows;   // of items
    std::vector<std::vector<std::size_t>> passed; // by each arrow: items, both boxes among them

    Layers(const std::vector<Size>& boxes, const std::vector<Arrow>& arrows) {
        const std::vector<std::size_t> layer = layers_of(boxes.size(), arrows);
        for (std::size_t i = 0; i < boxes.size(); ++i)
            add(layer[i], boxes[i].width);
        std::map<std::pair<std::size_t, std::size_t>, std::size_t> passing; // by box and layer
        for (const Arrow& arrow : arrows) {
            std::vector<std::size_t>& way = passed.emplace_back(1, arrow.from);
            for (std::size_t l = layer[arrow.from] + 1; l < layer[arrow.to]; ++l) {
                const auto [it, is_new] = passing.try_emplace({arrow.from, l}, items.size());
                if (is_new) {
                    add(l, 6);
                    connect(way.back(), it->second);
                }
                way.push_back(it->second);
            }
            connect(way.back(), arrow.to);
            way.push_back(arrow.to);
        }
    }

    void add(std::size_t layer, double width) {
        if (rows.size() <= layer) rows.resize(layer + 1);
        rows[layer].push_back(items.size());
        items.push_back({layer, width});
    }
    void connect(std::size_t above, std::size_t below) {
        items[above].below.push_back(below);
        items[below].above.push_back(above);
    }
};

double mean_x(const Layers& layers, const std::vector<std::size_t>& of, double otherwise) {
    if (of.empty()) return otherwise;
    double sum = 0;
    for (const std::size_t i : of)
        sum += layers.items[i].x;
    return sum / static_cast<double>(of.size());
}

/// Puts a row as near to the wanted places as its order and widths allow, in the mean square: neighbours that would
/// overlap are joined into blocks, which stand at their mean (pool adjacent violators).
void place_row(Layers& layers, const std::vector<std::size_t>& row, const std::vector<double>& wanted) {
    struct Block {
        double sum;
        std::size_t count;
        double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<double> offset(row.size()); // from the first, if all stood as close as they may
    for (std::size_t k = 1; k < row.size(); ++k)
        offset[k] = offset[k - 1] + (layers.items[row[k - 1]].width + layers.items[row[k]].width) / 2 + side_gap;
    std::vector<Block> blocks;
    for (std::size_t k = 0; k < row.size(); ++k) {
        blocks.push_back({wanted[k] - offset[k], 1});
        while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
            const Block last = blocks.back();
            blocks.pop_back();
            blocks.back().sum += last.sum;
            blocks.back().count += last.count;
        }
    }
    std::size_t k = 0;
    for (const Block& block : blocks)
        for (std::size_t n = 0; n < block.count; ++n, ++k)
            layers.items[row[k]].x = block.mean() + offset[k];
}

/// Moves each row towards its neighbours above, or below; while the order is sought, it is that of their means.
void sweep(Layers& layers, bool down, bool reorder) {
    for (std::size_t n = 0; n < layers.rows.size(); ++n) {
        std::vector<std::size_t>& row = layers.rows[down ? n : layers.rows.size() - 1 - n];
        const auto wanted = [&](std::size_t i) {
            const Item& item = layers.items[i];
            return mean_x(layers, down ? item.above : item.below, item.x);
        };
        if (reorder)
            std::stable_sort(row.begin(), row.end(),
                             [&](std::size_t i, std::size_t k) { return wanted(i) < wanted(k); });
        std::vector<double> places;
        for (const std::size_t i : row)
            places.push_back(wanted(i));
        place_row(layers, row, places);
    }
}

} // namespace

Layout layout(const std::vector<Size>& boxes, const std::vector<Arrow>& arrows) {
    Layers layers(boxes, arrows);
    for (const auto& row : layers.rows)
        place_row(layers, row, std::vector<double>(row.size()));
    constexpr int sweeps = 12;
    for (int i = 0; i < 2 * sweeps; ++i)
        sweep(layers, i % 2 == 0, i < sweeps);

    std::vector<double> top, height(layers.rows.size()); // of each layer
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        double& h = height[layers.items[i].layer];
        h = std::max(h, boxes[i].height);
    }
    double y = margin;
    for (const double h : height) {
        top.push_back(y);
        y += h + layer_gap;
    }
    double left = 0, right = 0;
    for (const Item& item : layers.items) {
        left = std::min(left, item.x - item.width / 2);
        right = std::max(right, item.x + item.width / 2);
    }

    Layout result{right - left + 2 * margin, std::max(0.0, y - layer_gap) + margin, {}, {}};
    const auto x = [&](std::size_t i) { return layers.items[i].x - left + margin; };
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const std::size_t layer = layers.items[i].layer;
        result.centres.push_back({x(i), top[layer] + height[layer] / 2});
    }
    for (const std::vector<std::size_t>& passed : layers.passed) {
        const std::size_t from = passed.front(), to = passed.back();
        std::vector<Spot>& way = result.ways.emplace_back();
        way.push_back({x(from), result.centres[from].y + boxes[from].height / 2});
        for (const std::size_t i : passed) {
            const std::size_t layer = layers.items[i].layer;
            if (i != from) way.push_back({x(i), top[layer]});
            if (i != to) way.push_back({x(i), top[layer] + height[layer]});
        }
        way.push_back({x(to), result.centres[to].y - boxes[to].height / 2});
    }
    return result;
}

} // namespace xgrad::draw_detail
