#include <xgrad/datasets/digits.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include <xgrad/datasets/random.hpp>
#include <xgrad/datasets/stroke_font.hpp>

namespace xgrad::datasets {

namespace {

constexpr std::size_t side = 20; // pixels

/// Roughly normal with deviation 1, and never far out: made of additions only, so that every machine gets the same.
double bell(Random& random) {
    const double sum = random.uniform() + random.uniform() + random.uniform() + random.uniform();
    return (sum - 2) * std::numbers::sqrt3;
}

/// How one writer writes one digit.
struct Hand {
    double cosine, sine, slant, width, height, right, down; // of the sheet on the image
    double unsteadiness;                                    // of the points, in units of the sheet
    double pen, ink, noise;                                 // half the line's width in pixels; blackness; grain

    explicit Hand(Random& random) {
        const double angle = 0.12 * bell(random);
        cosine = std::cos(angle);
        sine = std::sin(angle);
        slant = 0.12 + 0.16 * bell(random);
        height = random.uniform(1.15, 1.5); // pixels for each of the sheet's 10 units
        width = height * random.uniform(0.85, 1.3);
        right = 0.75 * bell(random);
        down = 0.75 * bell(random);
        unsteadiness = random.uniform(0.1, 0.4);
        pen = random.uniform(0.6, 1.25);
        ink = random.uniform(0.7, 1.0);
        noise = random.uniform(0.02, 0.14);
    }

    Point place(Point on_sheet, Random& random) const {
        const double x = on_sheet.x - 3 + unsteadiness * bell(random), y = on_sheet.y - 5 + unsteadiness * bell(random);
        const double across = width * (x - slant * y), along = height * y;
        constexpr double middle = side / 2.0;
        return {middle + right + cosine * across - sine * along, middle + down + sine * across + cosine * along};
    }
};

/// A polygon through all points (Catmull and Rom), four pieces from one point to the next.
std::vector<Point> bend(const std::vector<Point>& points) {
    std::vector<Point> curve;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const Point a = points[i == 0 ? 0 : i - 1], b = points[i], c = points[i + 1];
        const Point d = points[std::min(i + 2, points.size() - 1)];
        for (int piece = 0; piece < 4; ++piece) {
            const double t = piece / 4.0;
            const auto at = [t](double p, double q, double r, double s) {
                return q + t / 2 * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
            };
            curve.push_back({at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)});
        }
    }
    curve.push_back(points.back());
    return curve;
}

/// The square of the distance from each pixel's middle to the nearest line, where that is within reach of the pen.
class Canvas {
  public:
    explicit Canvas(double reach) : reach_(reach) { distance_.fill(std::numeric_limits<double>::max()); }

    void line(Point from, Point to) {
        const Point along{to.x - from.x, to.y - from.y};
        const double length = std::max(along.x * along.x + along.y * along.y, 1e-12);
        const auto [left, right] = range(from.x, to.x);
        const auto [top, bottom] = range(from.y, to.y);
        for (std::size_t row = top; row < bottom; ++row)
            for (std::size_t column = left; column < right; ++column) {
                const double x = static_cast<double>(column) + 0.5 - from.x,
                             y = static_cast<double>(row) + 0.5 - from.y;
                const double t = std::clamp((x * along.x + y * along.y) / length, 0.0, 1.0);
                const double dx = x - t * along.x, dy = y - t * along.y;
                double& nearest = distance_[row * side + column];
                nearest = std::min(nearest, dx * dx + dy * dy);
            }
    }

    double distance(std::size_t pixel) const { return std::sqrt(distance_[pixel]); }

  private:
    struct Range {
        std::size_t begin, end;
    };

    Range range(double a, double b) const {
        const auto pixel = [](double x) { return static_cast<std::size_t>(std::clamp(x, 0.0, double{side})); };
        return {pixel(std::min(a, b) - reach_), pixel(std::max(a, b) + reach_ + 1)};
    }

    double reach_;
    std::array<double, side * side> distance_;
};

void draw(const Glyph& glyph, Random& random, std::span<std::uint8_t> pixels) {
    const Hand hand(random);
    Canvas canvas(hand.pen + 1);
    for (const Stroke& stroke : glyph) {
        std::vector<Point> points;
        for (const Point point : stroke.points)
            points.push_back(hand.place(point, random));
        if (stroke.form == Stroke::Form::smooth) points = bend(points);
        for (std::size_t i = 0; i + 1 < points.size(); ++i)
            canvas.line(points[i], points[i + 1]);
    }
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const double covered = std::clamp(hand.pen + 0.5 - canvas.distance(i), 0.0, 1.0);
        const double grey = std::clamp(hand.ink * covered + hand.noise * bell(random), 0.0, 1.0);
        pixels[i] = static_cast<std::uint8_t>(std::round(255 * grey)); // like a scanned image
    }
}

Dataset draw_set(std::size_t size, std::uint64_t seed, std::uint64_t first) {
    auto images = xt::xarray<std::uint8_t>::from_shape({size, 1, side, side});
    std::vector<std::int64_t> labels(size);
    for (std::size_t i = 0; i < size; ++i) {
        Random random(seed, first + i); // each image has a stream of its own
        const int digit = static_cast<int>(i % 10);
        const std::vector<Glyph>& forms = glyphs(digit);
        labels[i] = digit;
        draw(forms[random.below(forms.size())], random, {images.data() + i * side * side, side * side});
    }
    return {.name = "digits", .examples = {std::move(images), std::move(labels)}, .classes = 10};
}

} // namespace

Datasets draw_digits(const DigitsOptions& options) {
    constexpr std::uint64_t test_images = std::uint64_t{1} << 32; // streams that the training images do not use
    Datasets both = pair(draw_set(options.train, options.seed, 0), draw_set(options.test, options.seed, test_images));
    both.remark = "drawn by the program";
    return both;
}

} // namespace xgrad::datasets
