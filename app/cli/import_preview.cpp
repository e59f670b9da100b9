// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/import_preview.h"

#include "app/cli/command.h"
#include "app/cli/terminal.h"

#include "core/export/bundle_json.h"
#include "core/import/bundle/words.h"

#include <algorithm>
#include <cstdio>

namespace prism::cli {

namespace {

class Progress : public ImportObserver {
public:
    explicit Progress(bool shown)
        : m_shown(shown)
    {
    }
    void progress(const ImportProgress& p) override
    {
        if (m_shown) {
            m_line.show(p);
        }
    }
    void clear() { m_line.clear(); }

private:
    bool m_shown;
    ProgressLine m_line;
};

std::string numberOf(std::string_view metric, Stat stat, double value)
{
    const Metric* known = findMetric(metric);
    return formatNumber(value, known ? unitOf(*known, stat) : Unit::One, NumberStyle::Reading);
}

std::string titleOf(std::string_view metric, Stat stat)
{
    const Metric* known = findMetric(metric);
    return known ? title(*known, stat) : std::string(metric);
}

void print(const BundlePlan::File& entry, const std::vector<FileSummary>& files, const std::string& root)
{
    const std::string& path = files[entry.file].path;
    const std::string below = path.starts_with(root) ? path.substr(root.size()) : path;
    std::printf("  %-10s %s\n", std::string(name(entry.role)).c_str(), below.c_str());
    std::printf("             %s%s\n", entry.asks ? "? " : "", entry.why.c_str());
    for (const TwinDifference& d : entry.differences) {
        std::printf("             %s: %s is shown, this file says %s\n", titleOf(d.metric, d.stat).c_str(),
            numberOf(d.metric, d.stat, d.richer).c_str(), numberOf(d.metric, d.stat, d.poorer).c_str());
    }
}

void print(const BundlePlan::Repetition& repetition)
{
    std::string line = words::counted(repetition.count, "repetition") + " at " + repetition.load;
    for (const BundlePlan::Repetition::Spread& spread : repetition.spreads) {
        line += "; " + titleOf(spread.metric, spread.stat) + ' '
            + numberOf(spread.metric, spread.stat, spread.lowest) + " to "
            + numberOf(spread.metric, spread.stat, spread.highest);
    }
    std::printf("  %s\n", line.c_str());
}

void print(const BundlePlan& plan, const std::vector<FileSummary>& files)
{
    for (const BundlePlan::Run& run : plan.runs) {
        const std::string points
            = run.points > 0 ? ", " + words::counted(run.points, "point") : std::string(", in the database");
        std::printf("%s%s\n", run.title.c_str(), points.c_str());
        for (const BundlePlan::File& entry : run.files) {
            print(entry, files, plan.root);
        }
        std::for_each(run.repetitions.begin(), run.repetitions.end(),
            [](const BundlePlan::Repetition& repetition) { print(repetition); });
    }
    if (!plan.others.empty()) {
        std::printf("Of no run\n");
        for (const BundlePlan::File& entry : plan.others) {
            print(entry, files, plan.root);
        }
    }
    if (files.empty()) {
        std::printf(
            "There is nothing here that can be imported: name the folder into which the benchmark tool "
            "wrote its results.\n");
    }
    std::printf("Nothing was stored.\n");
}

} // namespace

Result<std::unique_ptr<BundlePreview>> readPreview(
    const ImportRequest& request, bool showsProgress, const std::stop_token& stop)
{
    Progress progress(showsProgress);
    auto preview = previewImport(request, progress, stop);
    progress.clear();
    return preview;
}

int printPreview(BundlePreview& preview, const std::vector<Decision>& decisions, bool json)
{
    const BundlePlan plan = preview.plan(decisions);
    if (json) {
        for (const std::string& line : toJson(plan, preview.files())) {
            std::printf("%s\n", line.c_str());
        }
    } else {
        print(plan, preview.files());
    }
    for (const std::string& note : { preview.note, plan.note }) {
        if (!note.empty()) {
            std::fprintf(stderr, "note: %s\n", note.c_str());
        }
    }
    const bool refused = std::any_of(plan.others.begin(), plan.others.end(),
        [](const BundlePlan::File& entry) { return entry.role == FileRole::Refused; });
    return refused ? SomeRefused : Done;
}

} // namespace prism::cli
