// SPDX-License-Identifier: GPL-3.0-or-later
// locust --json: a list of names with totals and a histogram of response times in milliseconds, whose keys
// Locust has rounded to two digits.
#include "core/import/distributions.h"
#include "core/import/formats/locust/locust_point.h"
#include "core/import/secrets.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>

namespace prism::formats::locust {

namespace {

double numberAt(const read::Node& node, std::string_view key)
{
    const read::Node* value = node.find(key);
    return value ? value->number().value_or(0) : 0;
}

/// Percentiles as Locust takes them from its histogram: the slowest bar below which no more than that share
/// of the requests lies.
void percentiles(PointWriter& out, const read::Node& row, std::string_view metric, std::string_view semantics)
{
    const read::Node* histogram = row.find("response_times");
    if (!histogram || !histogram->isObject()) {
        return;
    }
    std::vector<std::pair<double, double>> bars;
    double all = 0;
    for (const read::Node& bar : *histogram) {
        const auto ms = read::parseDecimal(bar.key());
        const auto count = bar.number();
        if (!ms || !count) {
            return;
        }
        bars.emplace_back(*ms, *count);
        all += *count;
    }
    std::sort(bars.begin(), bars.end());
    for (const double p : { 50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99 }) {
        const auto below = std::floor(all * p / 100);
        double rest = all; // requests faster than the bar
        for (auto bar = bars.rbegin(); bar != bars.rend(); ++bar) {
            rest -= bar->second;
            if (rest <= below) {
                out.derived(metric, Stat::percentile(p), bar->first,
                    Stat::percentile(p).name() + " of the rounded histogram response_times", semantics);
                break;
            }
        }
    }
}

void times(PointWriter& out, const read::Node& row, std::string_view metric, std::string_view semantics)
{
    const double count = numberAt(row, "num_requests") - numberAt(row, "num_none_requests");
    if (count > 0 && row.find("total_response_time")) {
        out.derived(metric, Stat::mean(), numberAt(row, "total_response_time") / count,
            "total_response_time / (num_requests - num_none_requests)", semantics);
    }
    out.measure(metric, Stat::min(), row.find("min_response_time"), source::latencyMilliseconds, semantics);
    out.measure(metric, Stat::max(), row.find("max_response_time"), source::latencyMilliseconds, semantics);
    percentiles(out, row, metric, semantics);
}

/// When the first and the last request of some rows ended and began.
std::optional<double> durationOf(const std::vector<const read::Node*>& rows)
{
    double first = 0;
    double last = 0;
    for (const read::Node* row : rows) {
        const double from = numberAt(*row, "start_time");
        first = first == 0 ? from : std::min(first, from);
        last = std::max(last, numberAt(*row, "last_request_timestamp"));
    }
    return first > 0 && last > first ? std::optional(last - first) : std::nullopt;
}

LoadPoint pointOf(const read::Node& root)
{
    PointWriter out(0);
    std::vector<const read::Node*> requests;
    const read::Node* firstToken = nullptr;
    std::size_t firstTokens = 0;
    bool metrics = false;
    for (const read::Node& node : root) {
        Row row;
        row.type = node.find("method") ? std::string(node.find("method")->text()) : "";
        row.name = node.find("name") ? std::string(node.find("name")->text()) : "";
        if (row.isMetric()) {
            metrics = true;
            firstTokens += row.isFirstToken() ? 1 : 0;
            firstToken = row.isFirstToken() ? &node : firstToken;
        } else {
            requests.push_back(&node);
        }
    }
    double all = 0;
    double failed = 0;
    for (const read::Node* row : requests) {
        all += numberAt(*row, "num_requests");
        failed += numberAt(*row, "num_failures");
    }
    if (requests.size() == 1) {
        out.measure("requests", Stat::value(), requests[0]->find("num_requests"), source::one);
        out.measure("requests_failed", Stat::value(), requests[0]->find("num_failures"), source::one);
    } else if (!requests.empty()) {
        out.derived("requests", Stat::value(), all, "sum of num_requests over the kinds of request");
        out.derived(
            "requests_failed", Stat::value(), failed, "sum of num_failures over the kinds of request");
    }
    if (!requests.empty()) {
        out.derived("requests_ok", Stat::value(), all - failed, "requests - requests_failed");
        if (const auto duration = durationOf(requests)) {
            out.derived("duration", Stat::value(), *duration, "last_request_timestamp - start_time");
            out.derived(
                "request_throughput", Stat::value(), (all - failed) / *duration, "requests_ok / duration");
        }
    }
    if (requests.size() == 1 && !metrics) {
        times(out, *requests[0], "e2e", failed > 0 ? "includes-failed" : "");
    }
    if (firstTokens == 1) { // of several kinds of request there is no one
        times(out, *firstToken, "ttft", {});
    }
    if (failed > 0) {
        out.warn("failures-included", "The latencies count failed requests too.");
    }
    for (const read::Node& node : root) {
        const std::string name
            = node.find("name") ? withoutSecrets(node.find("name")->text()) : std::string();
        for (const char* key : { "num_requests", "num_failures", "total_response_time", "min_response_time",
                 "max_response_time", "total_content_length" }) {
            if (const read::Node* value = node.find(key); value && !value->claimed() && value->isScalar()) {
                out.extra(value->pointer(), name + ' ' + key + ' ' + std::string(value->text()));
            }
        }
    }
    if (!requests.empty()) {
        if (const std::string utc = utcText(numberAt(*requests.front(), "start_time")); !utc.empty()) {
            out.attribute("started_at", utc, {}, requests.front()->pointer() + "/start_time");
        }
    }
    return out.take();
}

} // namespace

bool isJson(const read::Node& root)
{
    return root.isArray() && root.has("/0/num_requests") && root.has("/0/num_failures")
        && root.has("/0/total_response_time") && root.has("/0/method");
}

Result<void> readJson(Input& input, Sink& sink)
{
    bool any = false;
    const auto report = input.documents([&](const read::Node& root, std::size_t number) -> Result<void> {
        if (isJson(root)) {
            LoadPoint point = pointOf(root);
            point.index = static_cast<std::uint32_t>(number);
            sink.point(std::move(point));
            any = true;
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (!any) {
        return Error { input.name(), {}, "the list holds no statistics of Locust", "Run Locust with --json" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::locust
