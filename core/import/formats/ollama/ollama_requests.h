// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/import/request_statistics.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prism::formats::ollama {

/// What Ollama says of one answer: durations as the server took them, in seconds. `total` runs from the
/// request's arrival to the last token and contains `load`, `prompt` and `generate`.
struct Answer {
    std::optional<double> total;
    std::optional<double> load;
    std::optional<double> prompt; ///< evaluating the prompt: prefill, not TTFT
    std::optional<double> generate; ///< from the first token to the last, of all `generated` tokens
    std::optional<double> ttft;
    std::optional<std::int64_t> prompted; ///< tokens evaluated; those that a cache served are not counted
    std::optional<std::int64_t> generated;
    std::optional<double> end; ///< seconds since 1970 at which the answer ended
};

/// Answers of one model: request rows, and a point whose numbers are derived from them.
class Model {
public:
    Model(Sink& sink, std::uint32_t index, std::string name, std::string path);

    void add(const Answer& answer);
    /// A request that got an error for an answer.
    void fail(std::string error);
    PointWriter& writer() { return m_out; }
    void finish();
    std::uint32_t answers() const { return m_next; }

private:
    Sink& m_sink;
    PointWriter m_out;
    RequestStatistics m_statistics;
    std::uint32_t m_next = 0;
    std::optional<double> m_first; ///< start of the first answer that says when it ended
    std::vector<double> m_prefill, m_perToken, m_speed;
    double m_load = 0;
    double m_total = 0;
};

/// The models of a file in the order in which they appear in it.
class Models {
public:
    explicit Models(Sink& sink)
        : m_sink(sink)
    {
    }
    Model& of(const std::string& name, const std::string& path, const std::string& kind = {});
    /// The model of a file that has one, else null.
    Model* only() { return m_models.size() == 1 ? m_models.front().get() : nullptr; }
    /// Number of points.
    std::uint32_t finish();

private:
    Sink& m_sink;
    std::map<std::string, std::size_t> m_index;
    std::vector<std::unique_ptr<Model>> m_models;
};

/// `ollama run --verbose`: blocks of eight lines, behind spinners and between answers.
Result<void> readVerbose(Input& input, Sink& sink);
/// /api/generate and /api/chat: answers, or the last line of streams of them.
Result<void> readReplies(Input& input, Sink& sink);
/// Ollama's own `bench`: benchstat lines, CSV and Markdown, an epoch a request.
Result<void> readBench(Input& input, Sink& sink);

} // namespace prism::formats::ollama
