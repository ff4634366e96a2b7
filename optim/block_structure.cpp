#include <xgrad/optim/block_structure.hpp>

#include <algorithm>

namespace xgrad::optim::detail {

void BlockStructure::finish() {
    size = reduced_size = 0;
    for (std::size_t s = 0; s < sets.size(); ++s) {
        Set& set = sets[s];
        set.first = size;
        size += set.count * set.degrees;
        if (is_eliminated(s)) continue;
        set.reduced = reduced_size;
        reduced_size += set.count * set.degrees;
    }
    fixed.resize(size);
    if (eliminated) find_columns();
}

void BlockStructure::find_columns() {
    const std::size_t count = sets[*eliminated].count;
    struct Block {
        std::size_t reduced, degrees;
        bool operator<(const Block& other) const { return reduced < other.reduced; }
        bool operator==(const Block& other) const { return reduced == other.reduced; }
    };
    std::vector<std::vector<Block>> touched(count);
    const auto each = [&](auto visit) { // of each observation the eliminated block, and another one
        for (Factor& factor : factors) {
            const auto own = std::find_if(factor.parts.begin(), factor.parts.end(),
                                          [&](const Part& part) { return is_eliminated(part.set); });
            if (own == factor.parts.end()) continue;
            for (std::size_t k = 0; k < factor.observations; ++k)
                for (std::size_t p = 0; p < factor.parts.size(); ++p) {
                    const Part& part = factor.parts[p];
                    const Set& set = sets[part.set];
                    if (is_eliminated(part.set)) continue;
                    const Block block{set.reduced + static_cast<std::size_t>(part.rows[k]) * set.degrees, set.degrees};
                    visit(factor, k, p, static_cast<std::size_t>(own->rows[k]), block);
                }
        }
    };
    each([&](Factor&, std::size_t, std::size_t, std::size_t own, Block block) { touched[own].push_back(block); });

    starts.assign(1, 0), run_starts.assign(1, 0), widths.clear(), runs.clear();
    double used = 0;
    for (std::vector<Block>& blocks : touched) {
        std::sort(blocks.begin(), blocks.end());
        blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
        std::size_t width = 0;
        for (const Block& block : blocks) {
            const bool goes_on = runs.size() > run_starts.back() &&
                                 runs.back().reduced + runs.back().length == block.reduced;
            if (goes_on)
                runs.back().length += block.degrees;
            else
                runs.push_back({width, block.reduced, block.degrees});
            width += block.degrees;
        }
        widths.push_back(width);
        run_starts.push_back(runs.size());
        starts.push_back(starts.back() + sets[*eliminated].degrees * width);
        used += static_cast<double>(width) * static_cast<double>(width);
    }
    const auto whole = static_cast<double>(reduced_size);
    dense = used > 0.5 * whole * whole * static_cast<double>(count);

    for (Factor& factor : factors)
        factor.columns.assign(factor.observations * factor.parts.size(), 0);
    each([&](Factor& factor, std::size_t k, std::size_t p, std::size_t own, Block block) {
        std::size_t column = 0;
        for (const Block& b : touched[own]) {
            if (b == block) break;
            column += b.degrees;
        }
        factor.columns[k * factor.parts.size() + p] = column;
    });
}

} // namespace xgrad::optim::detail
