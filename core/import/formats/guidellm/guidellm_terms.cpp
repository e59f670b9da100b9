// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/guidellm/guidellm_terms.h"

#include "core/import/distributions.h"
#include "core/import/nearest_whole.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>

namespace prism::formats::guidellm {

namespace {

/// The contract's word for a strategy; empty for one that is not known.
std::string_view loadMode(std::string_view strategy)
{
    if (strategy == "synchronous" || strategy == "concurrent") {
        return "concurrency";
    }
    if (strategy == "throughput") {
        return "burst";
    }
    if (strategy == "constant" || strategy == "poisson" || strategy == "asynchronous") {
        return "rate";
    }
    return strategy == "trace" || strategy == "replay" ? std::string_view("trace") : std::string_view();
}

std::string placeOf(const read::Node& node, const std::string& cell)
{
    return cell.empty() ? node.pointer() : cell;
}

/// A finite number above zero as an attribute, whole numbers as such.
void positive(PointWriter& out, std::string_view name, const read::Node* node, const std::string& cell)
{
    const auto number = node ? node->number() : std::nullopt;
    if (!number || *number <= 0) {
        return;
    }
    node->claim();
    const auto whole = node->integer();
    out.attribute(name, whole ? AttributeValue(*whole) : AttributeValue(*number), {}, placeOf(*node, cell));
}

/// The number behind `key` and "=" or ":" with quotes and blanks around them.
std::optional<std::string_view> numberBehind(std::string_view text, std::string_view key)
{
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        const bool whole
            = at == 0 || !(std::isalnum(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '_');
        std::size_t next = text.find_first_not_of("'\" \t", at + key.size());
        if (!whole || next == std::string_view::npos || (text[next] != '=' && text[next] != ':')) {
            continue;
        }
        next = text.find_first_not_of("'\" \t", next + 1);
        if (next == std::string_view::npos) {
            return std::nullopt;
        }
        const std::size_t end = std::min(text.find_first_not_of("0123456789.", next), text.size());
        return text.substr(next, end - next);
    }
    return std::nullopt;
}

bool far(double a, double b, double factor)
{
    return !(a <= b * factor && b <= a * factor);
}

std::string shortly(double value)
{
    return formatNumber(value, Unit::One, NumberStyle::Reading);
}

} // namespace

std::optional<Stat> statOf(std::string_view key)
{
    if (key.size() < 3 || key[0] != 'p' || key.find_first_not_of("0123456789", 1) != std::string_view::npos) {
        return plainStat(key);
    }
    const std::string number = std::string(key.substr(1, 2)) + '.' + std::string(key.substr(3)) + '0';
    const auto p = read::parseDecimal(number);
    return p ? std::optional(Stat::percentile(*p)) : std::nullopt;
}

void describeStrategy(
    PointWriter& out, const read::Node* strategy, const read::Node* profile, const std::string& cell)
{
    const read::Node* type = strategy ? strategy->find("type_") : nullptr;
    if (strategy && !type) {
        type = strategy->find("kind");
    }
    if (!type || loadMode(type->text()).empty()) {
        return;
    }
    // The strategy's own cap may be the scheduler's, which fills it in where nobody asked for one.
    const std::string_view mode = loadMode(type->text());
    const read::Node* asked = mode == "burst" && profile ? profile->find("max_concurrency") : nullptr;
    const bool capped = asked && asked->number().value_or(0) > 0;
    type->claim();
    out.attribute("load_mode", std::string(capped ? "concurrency" : mode), std::string(type->text()),
        placeOf(*type, cell));
    if (capped) {
        positive(out, "concurrency", asked, cell);
    } else if (mode == "rate") {
        positive(out, "request_rate", strategy->find("rate"), cell);
    } else if (type->text() == "concurrent") {
        const read::Node* streams = strategy->find("streams");
        positive(out, "concurrency", streams ? streams : strategy->find("max_concurrency"), cell);
    } else if (mode == "concurrency") {
        const read::Node* cap = strategy->find("max_concurrency");
        if (cap && cap->integer() == 1) {
            positive(out, "concurrency", cap, cell);
        } else {
            out.attribute("concurrency", std::int64_t { 1 }, std::string(type->text()), placeOf(*type, cell),
                Origin::Derived);
        }
    }
}

void describeProfile(PointWriter& out, const read::Node& profile, std::size_t index, const std::string& cell)
{
    const read::Node* done = profile.at("/completed_strategies/" + std::to_string(index));
    const read::Node* kind = profile.find("kind");
    if ((done && done->isObject()) || (kind && loadMode(kind->text()) == "burst")) {
        describeStrategy(out, done && done->isObject() ? done : &profile, &profile, cell);
        return;
    }
    const std::string_view mode = kind && kind->text() == "async" ? "rate"
        : kind                                                    ? loadMode(kind->text())
                                                                  : "";
    const read::Node* list = profile.find(mode == "rate" ? "rate" : "streams");
    const std::span<const double> asked = list ? list->numbers() : std::span<const double>();
    if (mode.empty() || index >= asked.size() || !(asked[index] > 0)) {
        return;
    }
    out.attribute("load_mode", std::string(mode), std::string(kind->text()), cell);
    if (mode == "rate") {
        out.attribute("request_rate", asked[index], {}, cell);
    } else if (const auto streams = nearestWhole(asked[index])) {
        out.attribute("concurrency", *streams, {}, cell);
    }
}

void describeName(PointWriter& out, std::string_view name, const std::string& path)
{
    const std::size_t at = name.find('@');
    const std::string_view type = name.substr(0, at);
    const std::string_view mode = loadMode(type);
    const double number
        = at == std::string_view::npos ? 0 : read::parseDecimal(name.substr(at + 1)).value_or(0);
    // "throughput@64" names a cap, and not who asked for it: the user or the scheduler's own limit.
    if (mode.empty() || (mode == "burst" && number > 0)) {
        return;
    }
    out.attribute("load_mode", std::string(mode), std::string(type), path);
    if (mode == "rate" && number > 0) {
        out.attribute("request_rate", number, std::string(name), path);
    } else if (type == "concurrent" && number >= 1) {
        out.attribute("concurrency", static_cast<std::int64_t>(number), std::string(name), path);
    } else if (type == "synchronous") {
        out.attribute("concurrency", std::int64_t { 1 }, std::string(type), path, Origin::Derived);
    }
}

void describeData(PointWriter& out, std::string_view text, const std::string& path)
{
    const auto input = numberBehind(text, "prompt_tokens");
    const auto output = numberBehind(text, "output_tokens");
    const auto put = [&](std::string_view name, std::optional<std::string_view> number) {
        const auto value = number ? read::parseDecimal(*number) : std::nullopt;
        if (const auto whole = value && *value > 0 ? nearestWhole(*value) : std::nullopt) {
            out.attribute(name, *whole, {}, path);
        }
    };
    put("isl_target", input);
    put("osl_target", output);
    if (!input && !output && !text.empty() && text != "None") {
        out.attribute("dataset", std::string(text), {}, path);
    }
}

void describeData(PointWriter& out, const read::Node* data, const std::string& cell)
{
    if (data && data->isArray()) {
        data = data->at("/0");
    }
    if (!data) {
        return;
    }
    if (data->isString()) {
        describeData(out, data->text(), placeOf(*data, cell));
        data->claim();
        return;
    }
    positive(out, "isl_target", data->find("prompt_tokens"), cell);
    positive(out, "osl_target", data->find("output_tokens"), cell);
    for (const std::string_view key : { "source", "path", "dataset", "name" }) {
        const read::Node* name = data->find(key);
        if (name && name->isString() && !data->has("/prompt_tokens") && !out.point().attribute("dataset")) {
            out.attribute("dataset", std::string(name->text()), {}, placeOf(*name, cell));
            name->claim();
        }
    }
}

void describeModel(
    PointWriter& out, std::initializer_list<const read::Node*> candidates, const std::string& cell)
{
    for (const read::Node* model : candidates) {
        if (model && model->isString() && !model->text().empty() && model->text() != "None") {
            out.attribute("model", std::string(model->text()), {}, placeOf(*model, cell));
            model->claim();
            return;
        }
    }
}

bool inputHolds(const Rates& rates, PointWriter& out, const std::string& path)
{
    if (!rates.input || !rates.inputTokens || !rates.duration || *rates.duration <= 0) {
        return rates.input.has_value();
    }
    const double expected = *rates.inputTokens / *rates.duration;
    if (!far(*rates.input, expected, 2)) {
        return true;
    }
    out.warn("input-rate-disagrees",
        "The file states " + shortly(*rates.input) + " input tokens/s, but its prompts and duration give "
            + shortly(expected) + "; the rate is left out.",
        path);
    return false;
}

bool outputHolds(const Rates& rates, PointWriter& out, const std::string& path)
{
    if (!rates.output || !rates.outputTokens || !rates.duration || *rates.duration <= 0) {
        return rates.output.has_value();
    }
    const double expected = *rates.outputTokens / *rates.duration;
    if (!far(*rates.output, expected, 2)) {
        return true;
    }
    out.warn("output-rate-disagrees",
        "The file states " + shortly(*rates.output) + " output tokens/s, but its tokens and duration give "
            + shortly(expected) + "; the rate is left out.",
        path);
    return false;
}

bool totalHolds(const Rates& rates, PointWriter& out, const std::string& path)
{
    if (!rates.total || !rates.output) {
        return false;
    }
    const auto fits = [&](double expected) { return std::abs(*rates.total - expected) <= 0.02 * expected; };
    const bool computable = rates.requests && rates.isl;
    if (rates.input && fits(*rates.output + *rates.input)) {
        return true;
    }
    if (!computable && !rates.input) {
        return false;
    }
    const double input = computable ? *rates.requests * *rates.isl : *rates.input;
    const double expected = *rates.output + input;
    if (fits(expected)) {
        return true;
    }
    const bool twice = fits(expected + input);
    out.warn(twice ? "total-counts-prompts-twice" : "total-rate-disagrees",
        "The file states " + shortly(*rates.total) + " tokens/s in all, but input and output give "
            + shortly(expected)
            + (twice ? ": this version counts the prompts twice; the total is left out."
                     : "; the total is left out."),
        path);
    return false;
}

} // namespace prism::formats::guidellm
