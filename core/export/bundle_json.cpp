// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/bundle_json.h"

#include "core/export/json_text.h"

namespace prism {

namespace {

void append(JsonText& json, const BundlePlan::File& entry, const std::vector<FileSummary>& files)
{
    const FileSummary& file = files[entry.file];
    json.object().member("source", file.path).member("role", name(entry.role)).member("why", entry.why);
    json.memberIfAny("producer", file.producer);
    if (entry.behind) {
        json.member("behind", files[*entry.behind].path);
    }
    if (entry.asks) {
        json.member("asks", true);
    }
    if (entry.byUser) {
        json.member("by_user", true);
    }
    if (!entry.differences.empty()) {
        json.key("differences").array();
        for (const TwinDifference& difference : entry.differences) {
            json.object().member("metric", difference.metric).member("stat", difference.stat.name());
            json.member("shown", difference.richer).member("here", difference.poorer).endObject();
        }
        json.endArray();
    }
    json.endObject();
}

void append(JsonText& json, const BundlePlan::Repetition& repetition, const std::vector<FileSummary>& files)
{
    json.object().member("load", repetition.load).member("count", std::uint64_t(repetition.count));
    json.key("sources").array();
    for (const std::size_t file : repetition.files) {
        json.text(files[file].path);
    }
    json.endArray().key("spread").array();
    for (const BundlePlan::Repetition::Spread& spread : repetition.spreads) {
        json.object().member("metric", spread.metric).member("stat", spread.stat.name());
        json.member("lowest", spread.lowest).member("highest", spread.highest).endObject();
    }
    json.endArray().endObject();
}

} // namespace

std::vector<std::string> toJson(const BundlePlan& plan, const std::vector<FileSummary>& files)
{
    std::vector<std::string> lines;
    for (const BundlePlan::Run& run : plan.runs) {
        JsonText json;
        json.object().member("run", run.title).member("points", std::uint64_t(run.points));
        if (run.known) {
            json.member("id", *run.known);
        }
        json.key("files").array();
        for (const BundlePlan::File& entry : run.files) {
            append(json, entry, files);
        }
        json.endArray().key("repetitions").array();
        for (const BundlePlan::Repetition& repetition : run.repetitions) {
            append(json, repetition, files);
        }
        lines.push_back(json.endArray().endObject().take());
    }
    for (const BundlePlan::File& entry : plan.others) {
        JsonText json;
        append(json, entry, files);
        lines.push_back(json.take());
    }
    return lines;
}

} // namespace prism
