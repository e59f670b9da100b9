// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/llm_d_scenario.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace prism::formats::llm_d {

namespace {

using Nodes = std::vector<const read::Node*>;

/// The converter says "unknown" where nobody told it.
bool isKnown(const read::Node* node)
{
    return node && node->isScalar() && !node->isNull() && !node->text().empty() && node->text() != "unknown";
}

/// An attribute that all components state alike; where they differ it is nobody's.
void agreed(PointWriter& out, std::string_view name, const Nodes& components, std::string_view pointer)
{
    const read::Node* first = nullptr;
    for (const read::Node* component : components) {
        const read::Node* node = component->at(pointer);
        if (!isKnown(node)) {
            continue;
        }
        if (first && first->text() != node->text()) {
            return;
        }
        first = first ? first : node;
    }
    out.attribute(name, first);
}

struct Parallelism {
    std::string_view name;
    std::string_view pointer;
};
constexpr Parallelism parallelisms[] = {
    { "tp", "/parallelism/tp" },
    { "pp", "/parallelism/pp" },
    { "dp", "/parallelism/dp" },
    { "ep", "/parallelism/ep" },
};

/// What arguments of an engine say that nothing else does. Keys have leading dashes or none.
void engineArguments(PointWriter& out, const read::Node* arguments)
{
    if (!arguments || !arguments->isObject()) {
        return;
    }
    static constexpr Parallelism known[] = {
        { "precision", "quantization" },
        { "kv_cache_dtype", "kv-cache-dtype" },
        { "prefix_caching", "enable-prefix-caching" },
    };
    for (const read::Node& argument : *arguments) {
        std::string key(argument.key());
        key.erase(0, std::min(key.find_first_not_of('-'), key.size()));
        std::replace(key.begin(), key.end(), '_', '-');
        for (const Parallelism& name : known) {
            if (key == name.pointer && !out.point().attribute(name.name)) {
                out.attribute(name.name, &argument);
            }
        }
    }
}

void instances(PointWriter& out, std::int64_t prefill, std::int64_t decode, const std::string& path)
{
    if (prefill > 0 && decode > 0) {
        out.attribute("prefill_instances", prefill, {}, path, Origin::Derived);
        out.attribute("decode_instances", decode, {}, path, Origin::Derived);
    }
}

void acceleratorCount(PointWriter& out, std::int64_t total, bool complete, const std::string& path)
{
    if (complete && total > 0) {
        out.attribute("accelerator_count", total, {}, path, Origin::Derived);
    }
}

Nodes children(const read::Node* list)
{
    Nodes out;
    if (list) {
        for (const read::Node& child : *list) {
            out.push_back(&child);
        }
    }
    return out;
}

/// The engines among the components of a stack. The draft of 0.2 states the kind beside the label.
Nodes engines(const read::Node* stack)
{
    Nodes out;
    for (const read::Node* component : children(stack)) {
        const read::Node* kind = component->at("/standardized/kind");
        kind = kind ? kind : component->at("/metadata/kind");
        const bool stated = kind && kind->text() == "inference_engine";
        if (stated || (!kind && component->has("/standardized/accelerator"))) {
            out.push_back(component);
        }
    }
    return out;
}

std::optional<double> positive(const read::Node* node)
{
    const auto number = node ? node->number() : std::nullopt;
    return number && *number > 0 ? number : std::nullopt;
}

/// rate_qps and concurrency: an infinite rate under a cap is the mode concurrency, without one it is a burst.
void loadMode(PointWriter& out, const read::Node& load)
{
    const read::Node* rate = load.find("rate_qps");
    const read::Node* concurrency = load.find("concurrency");
    const bool finiteRate = positive(rate).has_value();
    const bool capped = positive(concurrency).has_value();
    if (finiteRate) {
        out.attribute("request_rate", rate);
    }
    if (capped) {
        out.attribute("concurrency", concurrency);
    }
    const bool endless = rate && rate->status() == Status::Infinite;
    std::string mode;
    if (finiteRate) {
        mode = "rate";
    } else if (capped) {
        mode = "concurrency";
    } else if (endless) {
        mode = "burst";
    } else {
        return;
    }
    out.attribute("load_mode", mode, {}, (finiteRate || endless ? rate : concurrency)->pointer());
}

/// inference-perf's settings, which a report 0.1 keeps as the load's. The number of its stage comes from a
/// file's name and has been another's: a stage counts only where it asks for as many requests as the report
/// has.
void describeStage(PointWriter& out, const read::Node& load, const read::Node* total)
{
    const read::Node* number = load.at("/metadata/stage");
    const auto index = number ? number->integer() : std::optional<std::int64_t>(0);
    const read::Node* stage = index ? load.at("/args/load/stages/" + std::to_string(*index)) : nullptr;
    const auto value = [stage](std::string_view key) { // 0 is none
        return positive(stage ? stage->find(key) : nullptr).value_or(0);
    };
    const double rate = value("rate"), count = value("num_requests");
    const double asked = count > 0 ? count : rate * value("duration");
    const double all = positive(total).value_or(0);
    constexpr double tolerance = 0.1; // arrivals by chance
    if (asked <= 0 || all <= 0 || std::abs(asked - all) > tolerance * asked) {
        return;
    }
    const bool capped = value("concurrency_level") > 0;
    if (capped || rate > 0) {
        const read::Node* level = stage->find(capped ? "concurrency_level" : "rate");
        out.attribute(capped ? "concurrency" : "request_rate", level);
        out.attribute("load_mode", std::string(capped ? "concurrency" : "rate"), {}, level->pointer());
    }
}

} // namespace

void describeFirst(PointWriter& out, const read::Node& scenario)
{
    if (const read::Node* label = scenario.find("description")) {
        out.point().label = label->text();
    }
    const read::Node* model = scenario.at("/model/name");
    const read::Node* load = scenario.find("load");
    const read::Node* generator = load ? load->find("name") : nullptr;
    if (generator && generator->text() == "inference-perf") {
        model = isKnown(model) ? model : load->at("/args/server/model_name");
        describeStage(
            out, *load, scenario.parent() ? scenario.parent()->at("/metrics/requests/total") : nullptr);
        if (const read::Node* kind = load->at("/args/data/type"); kind && kind->text() == "random") {
            out.attribute("isl_target", load->at("/args/data/input_distribution/mean"));
            out.attribute("osl_target", load->at("/args/data/output_distribution/mean"));
        }
    }
    if (isKnown(model)) {
        out.attribute("model", model);
    }
    out.attribute("precision", scenario.at("/model/quantization"));
    const read::Node* list = scenario.at("/host/accelerator");
    const Nodes accelerators = children(list);
    const Nodes platforms = children(scenario.at("/platform/engine"));
    agreed(out, "engine", platforms, "/name");
    agreed(out, "engine_version", platforms, "/version");
    agreed(out, "accelerator", accelerators, "/model");
    if (accelerators.size() == 1) {
        out.attribute("accelerator_count", accelerators[0]->find("count"));
        for (const Parallelism& parallelism : parallelisms) {
            out.attribute(parallelism.name, accelerators[0]->at(parallelism.pointer));
        }
    } else {
        std::int64_t total = 0;
        bool complete = true;
        for (const read::Node* accelerator : accelerators) {
            const read::Node* count = accelerator->find("count");
            const auto number = count ? count->integer() : std::nullopt;
            complete = complete && number;
            total += number.value_or(0);
        }
        acceleratorCount(out, total, complete, list ? list->pointer() : std::string());
    }
    for (const read::Node* platform : platforms) {
        engineArguments(out, platform->find("args"));
    }
    std::int64_t prefill = 0, decode = 0;
    const read::Node* roles = scenario.at("/host/type");
    for (const read::Node* role : children(roles)) {
        prefill += role->text() == "prefill" ? 1 : 0;
        decode += role->text() == "decode" ? 1 : 0;
    }
    instances(out, prefill, decode, roles ? roles->pointer() : std::string());
}

void describeSecond(PointWriter& out, const read::Node& scenario)
{
    const read::Node* stack = scenario.find("stack");
    const Nodes all = engines(stack);
    agreed(out, "model", all, "/standardized/model/name");
    agreed(out, "engine", all, "/standardized/tool");
    agreed(out, "engine_version", all, "/standardized/tool_version");
    agreed(out, "accelerator", all, "/standardized/accelerator/model");
    std::int64_t total = 0, prefill = 0, decode = 0;
    bool complete = true;
    for (const read::Node* component : all) {
        const read::Node* replicas = component->at("/standardized/replicas");
        const read::Node* count = component->at("/standardized/accelerator/count");
        const read::Node* role = component->at("/standardized/role");
        const std::int64_t n = replicas ? replicas->integer().value_or(1) : 1;
        const auto number = count ? count->integer() : std::nullopt;
        complete = complete && number;
        total += n * number.value_or(0);
        prefill += role && role->text() == "prefill" ? n : 0;
        decode += role && role->text() == "decode" ? n : 0;
        engineArguments(out, component->at("/native/args"));
    }
    if (all.size() == 1) {
        const read::Node* count = all[0]->at("/standardized/accelerator/count");
        if (count && count->integer() == total) {
            out.attribute("accelerator_count", count);
        } else {
            acceleratorCount(out, total, complete, count ? count->pointer() : std::string());
        }
        for (const Parallelism& parallelism : parallelisms) {
            out.attribute(
                parallelism.name, all[0]->at("/standardized/accelerator" + std::string(parallelism.pointer)));
        }
    } else if (!all.empty()) {
        acceleratorCount(out, total, complete, stack->pointer());
    }
    instances(out, prefill, decode, stack ? stack->pointer() : std::string());
    const read::Node* load = scenario.at("/load/standardized");
    if (!load) {
        return;
    }
    loadMode(out, *load);
    out.attribute("isl_target", load->at("/input_seq_len/value"));
    out.attribute("osl_target", load->at("/output_seq_len/value"));
}

} // namespace prism::formats::llm_d
