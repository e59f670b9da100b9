// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/prometheus.h"

#include <algorithm>
#include <cstdlib>

using namespace prism::read;

namespace {

/// Looks at everything that a sample points to.
struct Looker : PrometheusHandler {
    prism::Result<void> sample(const PrometheusSample& sample) override
    {
        std::size_t bytes = sample.name.size() + sample.family->help.size() + sample.number.text.size();
        for (const PrometheusLabel& label : sample.labels) {
            bytes += static_cast<std::size_t>(std::count(label.name.begin(), label.name.end(), 'a'));
            bytes += static_cast<std::size_t>(std::count(label.value.begin(), label.value.end(), 'a'));
        }
        if (sample.place.line == 0 || sample.number.place.byte < sample.place.byte || bytes == 0) {
            std::abort();
        }
        return {};
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Budgets budgets;
    budgets.lineBytes = 4096;
    budgets.treeBytes = 16384;
    Looker looker;
    auto source = memorySource({ reinterpret_cast<const char*>(data), size });
    const auto report = readPrometheus(*source, budgets, looker);
    if (!report && report.error().reason.empty()) {
        std::abort();
    }
    return 0;
}
