// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/trtllm_bench/trtllm_terms.h"

#include "core/read/numbers.h"
#include "core/units/convert.h"

#include <algorithm>
#include <cmath>

namespace prism::formats::trtllm {

std::optional<Stat> statOf(std::string_view word)
{
    if (read::equalsIgnoringCase(word, "minimum")) {
        return Stat::min();
    }
    if (read::equalsIgnoringCase(word, "maximum")) {
        return Stat::max();
    }
    if (read::equalsIgnoringCase(word, "average")) {
        return Stat::mean();
    }
    if (word.size() < 2 || (word[0] != 'p' && word[0] != 'P')) {
        return std::nullopt;
    }
    return Stat::parse('p' + std::string(word.substr(1)));
}

void Breakdown::write(PointWriter& out) const
{
    const auto mean = std::find_if(
        items.begin(), items.end(), [](const Item& item) { return item.stat == Stat::mean(); });
    const auto agrees = [&](double factor) {
        return std::abs(mean->value * factor - *average) <= 0.02 * std::abs(*average);
    };
    double factor = stated.factor;
    if (mean != items.end() && average && *average > 0 && !agrees(factor)) {
        if (!agrees(otherwise)) {
            out.warn("unit-unclear",
                std::string(findMetric(metric)->name)
                    + ": the average of the breakdown is not the one that the report states elsewhere, in no "
                      "unit that it uses; the breakdown is left out.",
                mean->path);
            return;
        }
        factor = otherwise;
    }
    for (const Item& item : items) {
        if (item.node) {
            item.node->claim();
        }
        if (out.point().measure(metric, item.stat)) {
            continue;
        }
        Measure m;
        m.metric = findMetric(metric);
        m.stat = item.stat;
        m.value = convert(item.value, { stated.target, factor });
        if (!std::isfinite(m.value)) {
            m.status = Status::Infinite;
            m.value = 0;
        }
        m.path = item.path;
        m.given = item.given;
        out.point().measures.push_back(std::move(m));
    }
}

} // namespace prism::formats::trtllm
