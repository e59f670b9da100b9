// SPDX-License-Identifier: GPL-3.0-or-later
// What lies beside results and says how they were made, by no tool in particular: config.yaml, manifest.yaml
// (of Kubernetes or an experiment's own), run_metadata.yaml, the command line of a server. It is kept beside
// the run that it belongs to; nothing of it becomes an attribute, because nobody says that what it asks for
// is what ran.
#include "core/import/importer.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace prism::formats {

namespace {

constexpr std::size_t longestCommand = 64u << 10;

/// Last part of the name in small letters, without what its ending and packing add.
std::string stemOf(std::string_view name)
{
    const std::size_t at = name.find_last_of("/!");
    std::string stem(at == std::string_view::npos ? name : name.substr(at + 1));
    stem = stem.substr(0, stem.find('.'));
    std::transform(stem.begin(), stem.end(), stem.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    std::replace(stem.begin(), stem.end(), '-', '_');
    return stem;
}

bool isSidecarName(std::string_view name)
{
    static constexpr std::array names { "config", "configuration", "manifest", "metadata", "run_metadata",
        "run_config", "benchmark_config", "experiment_config", "experiment_metadata", "server_config",
        "server_args", "server_arguments", "serve_args", "engine_args", "launch_args", "deployment",
        "environment" };
    const std::string stem = stemOf(name);
    return std::find(names.begin(), names.end(), stem) != names.end();
}

/// What is asked for and not what was measured: objectives, limits, and which statistics to print.
bool isWish(std::string_view key)
{
    static constexpr std::array words { "slo", "sla", "goodput", "threshold", "target", "objective",
        "metric_percentiles", "metric-percentiles" };
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        const std::size_t at = key.find(word);
        // "slo" and "sla" are also the beginnings of words.
        return at != std::string_view::npos
            && (word.size() > 3 || key.substr(at) == word || key.substr(at + 3, 1).find_first_of("s_-") == 0);
    });
}

bool holdsNumber(const read::Node& node, int depth)
{
    if (node.isScalar()) {
        const std::string_view text = node.text();
        return !text.empty() && text.find_first_of("0123456789") == (text[0] == '-' ? 1u : 0u);
    }
    for (const read::Node& child : node) {
        if (depth > 0 && holdsNumber(child, depth - 1)) {
            return true;
        }
    }
    return !node.numbers().empty();
}

/// A document that tells numbers of a measurement is no sidecar, whatever its name.
bool tellsResults(const read::Node& node, int depth)
{
    static constexpr std::array words { "ttft", "tpot", "latency", "throughput", "percentile",
        "tokens_per_second", "tok/s" };
    for (const read::Node& child : node) {
        if (isWish(child.key())) {
            continue;
        }
        const bool named = std::any_of(words.begin(), words.end(),
            [&](std::string_view word) { return child.key().find(word) != std::string_view::npos; });
        if ((named && holdsNumber(child, depth)) || (depth > 0 && tellsResults(child, depth - 1))) {
            return true;
        }
    }
    return false;
}

/// Docker's Compose: services made of images.
bool isCompose(const read::Node& root)
{
    const read::Node* services = root.find("services");
    if (!services || !services->isObject()) {
        return false;
    }
    for (const read::Node& service : *services) {
        if (service.isObject() && (service.has("/image") || service.has("/build"))) {
            return true;
        }
    }
    return false;
}

/// "vllm serve …", "python3 -m sglang.launch_server …": how the server was started, and little else.
bool isServerCommand(const Sample& sample)
{
    static constexpr std::array starts { "vllm serve ", "vllm.entrypoints", "sglang.launch_server",
        "trtllm-serve ", "llama-server ", "tritonserver ", "lmdeploy serve ", "text-generation-launcher " };
    const std::string_view head = sample.head;
    const bool starter = std::any_of(starts.begin(), starts.end(),
        [&](std::string_view start) { return head.substr(0, 400).find(start) != std::string_view::npos; });
    return sample.complete && head.size() <= longestCommand && starter
        && head.find(" -") != std::string_view::npos
        && std::count(head.begin(), head.end(), '\n') <= 1 + 2 * std::count(head.begin(), head.end(), '-');
}

class RunSidecar : public Importer {
public:
    ImporterInfo info() const override { return { "sidecar", "Run configuration", 2, 0 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        constexpr int levels = 3;
        const read::Node* root = sample.document;
        if (root && root->isObject() && root->size() > 0 && !tellsResults(*root, levels)) {
            if (root->has("/apiVersion") && root->has("/kind")) {
                return Match { Match::Possible, "is a Kubernetes object" };
            }
            if (isCompose(*root)) {
                return Match { Match::Possible, "describes services of Docker Compose" };
            }
            if (isSidecarName(sample.name)) {
                return Match { Match::Possible, "has the name of a configuration and tells no result" };
            }
        }
        if (sample.family == Family::Text && isServerCommand(sample)) {
            return Match { Match::Possible, "is the command line of a server" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint64_t rows = 0;
        const auto report = input.family() == Family::Json || input.family() == Family::Yaml
            ? input.documents([&rows](const read::Node& root, std::size_t) -> Result<void> {
                  rows += root.size();
                  return {};
              })
            : input.lines([&rows](const read::TextLine& line) -> Result<void> {
                  rows += line.text.empty() ? 0 : 1;
                  return {};
              });
        if (!report) {
            return report.error();
        }
        sink.attach({ { "rows", rows } });
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<RunSidecar> registered;

} // namespace

} // namespace prism::formats
