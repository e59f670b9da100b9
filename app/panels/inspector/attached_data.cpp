// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/attached_data.h"

#include "app/panels/series/series_data.h"

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

/// The samples within the span, and what is lowest and highest among them; nothing when there is none.
std::optional<AttachedFile::Series> within(TimeSeries series, const std::optional<TimeSpan>& span)
{
    AttachedFile::Series out;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < series.seconds.size(); ++i) {
        const double at = series.seconds[i];
        if (span && (at < span->begin || at > span->end)) {
            continue;
        }
        const double value = series.values[i];
        series.seconds[kept] = at;
        series.values[kept++] = value;
        if (std::isfinite(value)) {
            out.lowest = out.count == 0 ? value : std::min(out.lowest, value);
            out.highest = out.count == 0 ? value : std::max(out.highest, value);
            ++out.count;
        }
    }
    series.seconds.resize(kept);
    series.values.resize(kept);
    out.samples = std::move(series);
    return out.count > 0 ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace

Result<std::vector<AttachedFile>> attachedFiles(
    StoreReader& reader, RunId run, const std::optional<TimeSpan>& measured)
{
    auto links = reader.linksOf(run);
    if (!links) {
        return links.error();
    }
    std::vector<AttachedFile> files;
    for (LinkRecord& link : *links) {
        AttachedFile& file = files.emplace_back();
        file.link = std::move(link);
        if (!file.link.series || file.link.timeline) {
            continue; // counters of a timeline are shown with it
        }
        auto series = reader.sourceSeries(file.link.source.id);
        if (!series) {
            return series.error();
        }
        // An instant has no samples of its own: without a duration the whole record is shown.
        file.cut = measured && measured->end > measured->begin;
        for (TimeSeries& one : joinedSeries(std::move(*series))) {
            file.cut = file.cut && one.absolute;
            if (auto cut = within(std::move(one), file.cut ? measured : std::nullopt)) {
                file.series.push_back(std::move(*cut));
            }
        }
    }
    return files;
}

} // namespace prism::app
