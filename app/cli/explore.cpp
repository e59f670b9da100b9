// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/query.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/bundle/words.h"

#include <cstdio>
#include <memory>

namespace prism::cli {

namespace {

int facets(const Query& query)
{
    const auto a = answer(query);
    if (!a) {
        return fail(a.error());
    }
    TextTable out({ { "facet" }, { "value" }, { "points", true } });
    for (const FacetCounts& facet : a->filtered.facets) {
        const CategoryColumn* column = a->table->category(facet.category);
        JsonText json;
        json.object().member("facet", facet.category).key("values").array();
        for (Code code = 0; code < facet.counts.size(); ++code) {
            if (facet.counts[code] == 0) {
                continue;
            }
            const std::string& text = column->dictionary[code];
            json.object().member("value", text).member("points", facet.counts[code]).endObject();
            out.row(
                { facet.category, text.empty() ? "(not stated)" : text, std::to_string(facet.counts[code]) });
        }
        json.endArray().endObject();
        if (query.common.json) {
            std::printf("%s\n", json.str().c_str());
        }
    }
    if (!query.common.json) {
        print(out);
    }
    return Done;
}

struct FrontierOptions {
    Query query;
    std::string x = "tpot:p99";
    std::string y = "output_throughput";
    bool perAccelerator = false;
    bool estimates = false;
};

Result<FrontierAxis> axisOf(const std::string& text, bool perAccelerator)
{
    const auto measure = parseMeasure(text);
    if (!measure) {
        return measure.error();
    }
    return FrontierAxis { measure->first, measure->second, perAccelerator && measure->first->perAccelerator };
}

void reportLeftOut(const Frontier& f)
{
    const auto say = [](std::uint32_t count, const std::string& why) {
        if (count > 0) {
            std::fprintf(stderr, "%s left out: %s\n", words::counted(count, "point").c_str(), why.c_str());
        }
    };
    say(f.missing, "no number on an axis");
    say(f.estimated, "estimated values (--estimates takes them in)");
    std::string others;
    for (const std::string& other : f.otherMeanings) {
        others += (others.empty() ? "" : "; ") + other;
    }
    say(f.otherSemantics, "the producer means something else. " + others);
}

/// What is compared where no point has the contract's meaning.
void reportMeaning(const FrontierAxis& axis, const std::string& meaning)
{
    if (!meaning.empty()) {
        std::fprintf(stderr, "† %s of every point here is by another meaning: %s\n",
            title(*axis.metric, axis.stat).c_str(), meaning.c_str());
    }
}

std::string columnTitle(const FrontierAxis& axis, const std::string& meaning)
{
    return title(*axis.metric, axis.stat) + ' ' + std::string(symbol(axis.metric->unit))
        + (meaning.empty() ? "" : " †");
}

int frontier(const FrontierOptions& options)
{
    const auto x = axisOf(options.x, options.perAccelerator);
    const auto y = axisOf(options.y, options.perAccelerator);
    if (!x || !y) {
        return fail(x ? y.error() : x.error());
    }
    const auto a = answer(options.query);
    if (!a) {
        return fail(a.error());
    }
    const Frontier f = prism::frontier(*a->table, a->filtered.passing, *x, *y, options.estimates);
    const auto xs = axisValues(*a->table, *x);
    const auto ys = axisValues(*a->table, *y);
    TextTable out({ { "point", true }, { "run", true, 3 }, { "model" }, { "engine", false, 2 },
        { "accelerator", false, 1 }, { columnTitle(*x, f.xSemantics), true },
        { columnTitle(*y, f.ySemantics), true } });
    const bool divides = x->perAccelerator || y->perAccelerator;
    std::uint32_t usersCounts = 0;
    for (const Row row : f.rows) {
        usersCounts += divides && a->table->isUsersCount(row) ? 1 : 0;
        if (options.query.common.json) {
            JsonText json;
            json.object().member("id", a->table->point(row)).member("run", a->table->run(row));
            json.member("x", xs[row]).member("y", ys[row]);
            json.memberIfAny("x_semantics", f.xSemantics).memberIfAny("y_semantics", f.ySemantics);
            if (divides && a->table->isUsersCount(row)) {
                json.member("accelerator_count_origin", name(Origin::User));
            }
            json.endObject();
            std::printf("%s\n", json.str().c_str());
            continue;
        }
        out.row({ std::to_string(a->table->point(row)), std::to_string(a->table->run(row)),
            std::string(a->table->text("model", row)), std::string(a->table->text("engine", row)),
            std::string(a->table->text("accelerator", row)),
            formatNumber(xs[row], x->metric->unit, NumberStyle::Column),
            formatNumber(ys[row], y->metric->unit, NumberStyle::Column) });
    }
    if (!options.query.common.json) {
        print(out);
    }
    if (!f.rows.empty()) {
        reportMeaning(*x, f.xSemantics);
        reportMeaning(*y, f.ySemantics);
    }
    reportLeftOut(f);
    if (usersCounts > 0) {
        std::fprintf(stderr, "%s divided by a number of accelerators that you or your mapping set\n",
            (words::counted(usersCounts, "point") + (usersCounts == 1 ? " is" : " are")).c_str());
    }
    return Done;
}

std::string metricList()
{
    std::string out = "Metrics:";
    for (const Metric& m : allMetrics()) {
        out += "\n  " + m.id + " (" + std::string(symbol(m.unit)) + "): " + m.summary;
    }
    return out;
}

} // namespace

void addFacets(CLI::App& app, int& exit)
{
    auto query = std::make_shared<Query>();
    CLI::App* command = app.add_subcommand("facets", "Count the values of each property");
    addQuery(*command, *query);
    command->callback([query, &exit] { exit = facets(*query); });
}

void addFrontier(CLI::App& app, int& exit)
{
    auto options = std::make_shared<FrontierOptions>();
    CLI::App* command
        = app.add_subcommand("frontier", "List the points that no other point beats on both axes");
    addQuery(*command, options->query);
    const auto isMeasure = [](const std::string& text) {
        const auto measure = parseMeasure(text);
        return measure ? std::string() : measure.error().text();
    };
    command->add_option("-x", options->x, "Metric and statistic of the x axis")
        ->check(isMeasure)
        ->capture_default_str();
    command->add_option("-y", options->y, "Metric and statistic of the y axis")
        ->check(isMeasure)
        ->capture_default_str();
    command->add_flag(
        "--per-accelerator", options->perAccelerator, "Divide throughputs by the number of accelerators");
    command->add_flag("--estimates", options->estimates, "Take estimated values in");
    command->footer(metricList());
    command->callback([options, &exit] { exit = frontier(*options); });
}

} // namespace prism::cli
