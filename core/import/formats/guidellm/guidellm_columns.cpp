// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/guidellm/guidellm_columns.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <cctype>

namespace prism::formats::guidellm {

namespace {

/// The eleven numbers of a percentile cell where the header does not list them (0.4 and later).
constexpr std::string_view unlistedPercentiles = "[min, 0.1, 1, 5, 10, 25, 75, 90, 95, 99, max]";

std::string lower(std::string_view text)
{
    std::string out(read::trimmed(text));
    for (char& c : out) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

bool takePrefix(std::string& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.erase(0, prefix.size());
    return true;
}

bool takeSuffix(std::string& text, std::string_view suffix)
{
    if (!text.ends_with(suffix)) {
        return false;
    }
    text.erase(text.size() - suffix.size());
    return true;
}

} // namespace

Column flatColumn(std::string_view label)
{
    Column column { std::string(label), lower(label), {}, {} };
    for (const std::string_view status : { "successful", "errored", "incomplete", "total" }) {
        if (takePrefix(column.metric, std::string(status) + ' ')) {
            column.status = status;
        }
    }
    if (const auto list = column.metric.find(" ["); list != std::string::npos) {
        column.stat = column.metric.substr(list + 1);
        column.metric.erase(list);
    }
    for (const std::string_view stat : { "mean", "median", "std dev" }) {
        if (takeSuffix(column.metric, ' ' + std::string(stat))) {
            column.stat = stat;
        }
    }
    return column;
}

Column groupedColumn(std::string_view group, std::string_view field, std::string_view last)
{
    std::string label(group);
    for (const std::string_view part : { field, last }) {
        label += part.empty() ? std::string() : ' ' + std::string(part);
    }
    Column column { label, {}, {}, {} };
    std::string head = lower(group);
    std::string rest = lower(std::string(field) + ' ' + std::string(last));
    if (const auto bracket = head.find(" ("); bracket != std::string::npos) {
        rest += ' ' + head.substr(bracket + 2, head.size() - bracket - 3);
        head.erase(bracket);
    }
    for (const std::string_view status : { "successful", "errored", "incomplete", "total" }) {
        if (head != "request counts" && takePrefix(rest, status)) {
            column.status = status;
        }
    }
    for (const std::string_view stat : { "mean", "median", "std dev", "percentiles" }) {
        if (const auto at = rest.find(stat); at != std::string::npos && !column.status.empty()) {
            const std::size_t end = at + stat.size();
            if (end == rest.size() || rest[end] == ' ') {
                column.stat = stat == "percentiles" ? unlistedPercentiles : stat;
                rest.erase(at, stat.size());
            }
        }
    }
    column.metric = head;
    for (std::size_t at = 0; at < rest.size();) {
        const std::size_t end = std::min(rest.find(' ', at), rest.size());
        if (end > at) {
            column.metric += ' ' + rest.substr(at, end - at);
        }
        at = end + 1;
    }
    return column;
}

} // namespace prism::formats::guidellm
