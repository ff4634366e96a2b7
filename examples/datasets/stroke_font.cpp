#include <xgrad/datasets/stroke_font.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace xgrad::datasets {

namespace {

Stroke straight(std::vector<Point> points) { return {Stroke::Form::straight, std::move(points)}; }
Stroke smooth(std::vector<Point> points) { return {Stroke::Form::smooth, std::move(points)}; }

std::vector<Glyph> zero() {
    const Stroke wide = smooth(
        {{3, 0}, {5.2, 1.6}, {6, 5}, {5.2, 8.4}, {3, 10}, {0.8, 8.4}, {0, 5}, {0.8, 1.6}, {3, 0}});
    const Stroke narrow = smooth(
        {{3, 0}, {4.6, 1.5}, {5, 5}, {4.6, 8.5}, {3, 10}, {1.4, 8.5}, {1, 5}, {1.4, 1.5}, {3, 0}});
    return {{wide}, {narrow}, {wide, straight({{4.6, 2.4}, {1.4, 7.6}})}}; // the last one crossed out
}

std::vector<Glyph> one() {
    const Stroke flag = straight({{1.2, 2.4}, {3.2, 0}, {3.2, 10}});
    return {{straight({{3, 0}, {3, 10}})}, {flag}, {flag, straight({{1.2, 10}, {5.2, 10}})}};
}

std::vector<Glyph> two() {
    const Stroke neck = smooth({{0.4, 2.4}, {1.2, 0.7}, {3, 0}, {5, 0.8}, {5.6, 2.8}, {4.6, 5}, {2.2, 7.6}, {0.2, 10}});
    const Stroke with_loop = smooth(
        {{0.6, 2}, {2.6, 0}, {5.2, 1.2}, {5, 4}, {2.6, 7.6}, {0.8, 9.5}, {0.4, 8.3}, {1.8, 8.1}, {4, 9.7}, {5.8, 9.4}});
    return {{neck, straight({{0.2, 10}, {5.8, 10}})}, {with_loop}};
}

std::vector<Glyph> three() {
    const Stroke upper = smooth({{0.6, 1.4}, {2.6, 0}, {4.8, 0.8}, {5.2, 2.6}, {4.2, 4.3}, {2.4, 4.8}});
    const Stroke lower = smooth({{2.4, 4.8}, {4.6, 5.3}, {5.8, 7.2}, {4.8, 9.3}, {2.6, 10}, {0.4, 8.8}});
    return {{upper, lower}, {straight({{0.6, 0}, {5.4, 0}, {2.4, 4.8}}), lower}}; // the second one with a flat top
}

std::vector<Glyph> four() {
    return {{straight({{0.8, 0}, {0.4, 5.8}, {5.8, 5.8}}), straight({{4.2, 2.4}, {4.2, 10}})},
            {straight({{4.4, 10}, {4.4, 0}, {0, 6.8}, {6, 6.8}})}}; // open, closed
}

std::vector<Glyph> five() {
    const Stroke belly = smooth({{0.7, 4.4}, {3, 3.6}, {5.2, 4.7}, {5.7, 7}, {4.6, 9.2}, {2.4, 10}, {0.3, 8.9}});
    const Stroke bent = smooth(
        {{5.4, 0.2}, {2.4, 0.4}, {1.2, 2.8}, {2, 4.6}, {4.4, 5.2}, {5.6, 7.2}, {4.2, 9.6}, {1.8, 10}, {0.2, 9}});
    return {{straight({{5.2, 0}, {1, 0}, {0.7, 4.4}}), belly}, {bent}};
}

std::vector<Glyph> six() {
    return {{smooth({{4.6, 0.2},
                     {2.2, 2},
                     {0.6, 5},
                     {0.6, 8},
                     {2.4, 10},
                     {4.8, 9.2},
                     {5.6, 7.2},
                     {4.6, 5.2},
                     {2.6, 4.8},
                     {0.8, 6.6}})},
            {smooth({{5.2, 1},
                     {3.2, 0},
                     {1, 2},
                     {0.4, 6},
                     {1.2, 9},
                     {3.2, 10},
                     {5.3, 8.8},
                     {5.4, 6.2},
                     {3.2, 4.6},
                     {0.8, 6.4}})}};
}

std::vector<Glyph> seven() {
    const Stroke sharp = straight({{0.4, 0}, {5.6, 0}, {2.2, 10}});
    return {{sharp},
            {sharp, straight({{1.6, 5}, {5.2, 5}})},
            {straight({{0.4, 1.4}, {0.4, 0}, {5.6, 0}}), smooth({{5.6, 0}, {3.6, 4}, {2.8, 7}, {2.6, 10}})}};
}

std::vector<Glyph> eight() {
    return {
        {smooth({{5, 1.2},
                 {3, 0},
                 {1, 1.2},
                 {1.2, 3.2},
                 {3, 4.8},
                 {4.9, 6.4},
                 {5.4, 8.4},
                 {3, 10},
                 {0.6, 8.4},
                 {1.1, 6.4},
                 {3, 4.8},
                 {4.8, 3.2},
                 {5, 1.2}})},
        {smooth({{3, 4.7}, {1, 3.3}, {0.9, 1.3}, {3, 0}, {5.1, 1.3}, {5, 3.3}, {3, 4.7}}),
         smooth({{3, 4.7}, {0.8, 6.3}, {0.4, 8.4}, {3, 10}, {5.6, 8.4}, {5.2, 6.3}, {3, 4.7}})}}; // one ring on another
}

std::vector<Glyph> nine() {
    const Stroke ring = smooth(
        {{5.2, 2.6}, {4, 4.8}, {1.8, 5}, {0.6, 3}, {1.4, 0.7}, {3.3, 0}, {5.1, 1.2}, {5.2, 2.6}});
    return {{ring, straight({{5.2, 2.6}, {4.8, 10}})},
            {ring, smooth({{5.2, 2.6}, {5.3, 6}, {4.6, 9}, {2.6, 10}, {0.8, 9}})}};
}

} // namespace

const std::vector<Glyph>& glyphs(int digit) {
    static const std::array<std::vector<Glyph>, 10> all{zero(), one(), two(),   three(), four(),
                                                        five(), six(), seven(), eight(), nine()};
    return all.at(static_cast<std::size_t>(digit));
}

} // namespace xgrad::datasets
