// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/point_writer.h"

#include "core/import/secrets.h"
#include "core/read/number_marks.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace prism {

namespace {

constexpr std::size_t longestExtra = 4096;
constexpr std::size_t mostExtras = 10'000;

/// A mistake in an importer's own table, not in a file: found by the importer's first test.
const Metric& known(std::string_view id, SourceUnit unit, Stat stat)
{
    const Metric* metric = findMetric(id);
    if (!metric) {
        throw std::logic_error("no metric " + std::string(id));
    }
    if (unitOf(*metric, stat) != unit.target) {
        throw std::logic_error("wrong unit for " + std::string(id));
    }
    return *metric;
}

/// The spelling that counts as "not there" in a numeric field.
bool isBlank(std::string_view text)
{
    static constexpr std::string_view words[] = { "", "none", "null", "n/a", "na", "-", "—" };
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(std::begin(words), std::end(words), lower) != std::end(words);
}

Status statusOfText(std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower == "nan" || lower == ".nan") {
        return Status::NotANumber;
    }
    const std::string_view bare
        = std::string_view(lower).substr(lower.starts_with('-') || lower.starts_with('+') ? 1 : 0);
    return bare == "inf" || bare == "infinity" || bare == ".inf" ? Status::Infinite : Status::Missing;
}

std::string cut(std::string_view text)
{
    return text.size() <= longestExtra ? std::string(text) : std::string(text.substr(0, longestExtra)) + "…";
}

} // namespace

PointWriter::PointWriter(std::uint32_t index)
{
    m_point.index = index;
}

void PointWriter::add(std::string_view metric, Stat stat, const read::Node& node, std::string path,
    SourceUnit unit, std::string_view semantics)
{
    Measure m;
    m.metric = &known(metric, unit, stat);
    m.stat = stat;
    m.status = node.status();
    if (m.status == Status::Ok) {
        m.value = convert(*node.lenientNumber(), unit);
    }
    m.path = std::move(path);
    m.given = node.key();
    m.semantics = semantics;
    node.claim();
    m_point.measures.push_back(std::move(m));
}

void PointWriter::measure(
    std::string_view metric, Stat stat, const read::Node* node, SourceUnit unit, std::string_view semantics)
{
    if (node) {
        add(metric, stat, *node, node->pointer(), unit, semantics);
    }
}

void PointWriter::measure(std::string_view metric, Stat stat, const read::Node& node,
    std::string_view parentPointer, SourceUnit unit, std::string_view semantics)
{
    add(metric, stat, node, node.pointerBelow(parentPointer), unit, semantics);
}

void PointWriter::measure(std::string_view metric, Stat stat, std::string_view text, std::string path,
    std::string_view label, SourceUnit unit, std::string_view semantics)
{
    Measure m;
    m.metric = &known(metric, unit, stat);
    m.stat = stat;
    if (const auto number = read::consoleNumber(text)) {
        m.value = convert(*number, unit);
    } else {
        m.status = isBlank(text) ? Status::Missing : statusOfText(text);
        const std::string_view unclear = read::unclearNumber(text);
        const auto& warned = m_point.warnings;
        if (!unclear.empty() && std::none_of(warned.begin(), warned.end(), [](const Warning& w) {
                return w.code == read::unclearCode;
            })) {
            warn(read::unclearCode, read::unclearText(unclear, label), path);
        }
    }
    m.path = std::move(path);
    m.given = label;
    m.semantics = semantics;
    m_point.measures.push_back(std::move(m));
}

void PointWriter::derived(
    std::string_view metric, Stat stat, double value, std::string formula, std::string_view semantics)
{
    if (!std::isfinite(value)) {
        return;
    }
    Measure m;
    m.metric = findMetric(metric);
    m.stat = stat;
    m.value = value;
    m.origin = Origin::Derived;
    m.formula = std::move(formula);
    m.semantics = semantics;
    m_point.measures.push_back(std::move(m));
}

void PointWriter::attribute(std::string_view name, const read::Node* node)
{
    if (!node || !node->isScalar() || node->isNull()) {
        return;
    }
    AttributeValue value;
    if (node->isString()) {
        if (isBlank(node->text())) {
            return;
        }
        value = std::string(node->text());
    } else if (const auto flag = node->boolean()) {
        value = *flag;
    } else if (const auto whole = node->integer()) {
        value = *whole;
    } else if (const auto number = node->number()) {
        value = *number;
    } else {
        return;
    }
    node->claim();
    attribute(name, std::move(value), {}, node->pointer());
}

void PointWriter::attribute(
    std::string_view name, AttributeValue value, std::string given, std::string path, Origin origin)
{
    Attribute a { std::string(name), std::move(value), std::move(given), origin, std::move(path) };
    const auto it = std::find_if(m_point.attributes.begin(), m_point.attributes.end(),
        [&](const Attribute& other) { return other.name == a.name; });
    if (it == m_point.attributes.end()) {
        m_point.attributes.push_back(std::move(a));
    } else {
        *it = std::move(a);
    }
}

void PointWriter::warn(std::string code, std::string text, std::string path, Severity severity)
{
    m_point.warnings.push_back({ std::move(code), std::move(text), std::move(path), severity });
}

void PointWriter::extra(std::string path, std::string_view text)
{
    m_point.extras.push_back({ std::move(path), withoutSecrets(cut(text)) });
}

void PointWriter::extras(const read::Node& node)
{
    // Without recursion: documents are untrusted, and their depth is bounded only by the reader's budget.
    std::vector<const read::Node*> pending { &node };
    std::size_t left = 0;
    while (!pending.empty()) {
        const read::Node* at = pending.back();
        pending.pop_back();
        if (at->claimed()) {
            continue;
        }
        if (at->isScalar()) {
            if (at->isNull()) {
                continue;
            }
            if (m_point.extras.size() >= mostExtras) {
                ++left;
                continue;
            }
            extra(at->pointer(), at->text());
            continue;
        }
        if (!at->numbers().empty()) {
            extra(at->pointer(), "[" + std::to_string(at->size()) + " numbers]");
            continue;
        }
        const std::size_t before = pending.size();
        for (const read::Node& child : *at) {
            pending.push_back(&child);
        }
        std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(before), pending.end());
    }
    if (left > 0) {
        warn("extras-cut",
            std::to_string(left) + " further values of the file are kept only in its original text.", {},
            Severity::Note);
    }
}

void PointWriter::dropEmptyDistributions()
{
    for (const Metric& metric : allMetrics()) {
        if (metric.shape != MetricShape::Distribution) {
            continue;
        }
        bool any = false;
        bool onlyZero = true;
        for (const Measure& m : m_point.measures) {
            if (m.metric == &metric && m.status == Status::Ok && m.stat.kind() != Stat::Kind::Count) {
                if (metric.unit == Unit::Ratio && m.stat == Stat::value()) {
                    any = false; // a reading: an idle cache is truly empty
                    break;
                }
                any = true;
                onlyZero = onlyZero && m.value == 0;
            }
        }
        if (!any || !onlyZero) {
            continue;
        }
        for (Measure& m : m_point.measures) {
            if (m.metric == &metric && m.status == Status::Ok) {
                m.status = Status::Missing;
                m.value = 0;
            }
        }
    }
}

LoadPoint PointWriter::take()
{
    dropEmptyDistributions();
    return std::move(m_point);
}

} // namespace prism
