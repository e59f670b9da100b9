// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/ollama/ollama_requests.h"

#include "core/import/distributions.h"
#include "core/units/convert.h"

#include <cstdio>

namespace prism::formats::ollama {

Model::Model(Sink& sink, std::uint32_t index, std::string name, std::string path)
    : m_sink(sink)
    , m_out(index)
{
    if (!name.empty()) {
        m_out.attribute("model", std::move(name), {}, std::move(path));
    }
    m_out.attribute("engine", std::string("ollama"));
}

void Model::add(const Answer& answer)
{
    RequestRow row;
    row.index = m_next++;
    row.isl = answer.prompted;
    row.osl = answer.generated;
    // Servers that only speak Ollama's API, and clocks that are too coarse, say 0 of a duration.
    if (answer.total && *answer.total > 0) {
        row.e2e = Milliseconds { convert(*answer.total, source::latencySeconds) };
        m_total += *answer.total;
    }
    if (answer.ttft) {
        row.ttft = Milliseconds { convert(*answer.ttft, source::latencySeconds) };
    }
    m_load += answer.load.value_or(0);
    if (answer.prompt && *answer.prompt > 0) {
        m_prefill.push_back(convert(*answer.prompt, source::latencySeconds));
    }
    if (answer.generate && *answer.generate > 0 && answer.generated && *answer.generated > 0) {
        const auto tokens = static_cast<double>(*answer.generated);
        m_perToken.push_back(convert(*answer.generate, source::latencySeconds) / tokens);
        m_speed.push_back(tokens / *answer.generate);
    }
    std::optional<double> start;
    if (answer.end && row.e2e) {
        start = *answer.end - *answer.total;
        m_first = m_first.value_or(*start);
        row.start = Seconds { *start - *m_first };
    }
    m_statistics.add(row, start, answer.end);
    m_sink.request(m_out.point().index, std::move(row));
}

void Model::fail(std::string error)
{
    RequestRow row;
    row.index = m_next++;
    row.ok = false;
    row.error = std::move(error);
    m_statistics.add(row, std::nullopt, std::nullopt);
    m_sink.request(m_out.point().index, std::move(row));
}

void Model::finish()
{
    if (m_next == 0) {
        return;
    }
    m_statistics.write(m_out);
    // The first token is among those counted and ends the prompt's time, so that this is over n, not n - 1.
    constexpr const char* overAll = "over-n";
    if (!m_out.point().measure("tpot", Stat::mean())) {
        derivedDistribution(
            m_out, "tpot", m_perToken, "eval duration / eval count over the requests", overAll);
        derivedDistribution(m_out, "output_throughput_per_user", m_speed,
            "eval count / eval duration over the requests", overAll);
    }
    derivedDistribution(m_out, "prefill_time", m_prefill, "prompt eval duration over the requests");
    if (m_first) {
        if (const std::string utc = utcText(*m_first); !utc.empty()) {
            m_out.attribute("started_at", utc);
        }
    }
    constexpr double noticed = 0.05;
    if (m_load > noticed * m_total && m_total > 0) {
        char text[160];
        std::snprintf(text, sizeof text,
            "The latencies contain %.3g s in which the model was loaded, of %.3g s altogether.", m_load,
            m_total);
        m_out.warn("load-included", text);
    }
    m_sink.point(m_out.take());
}

Model& Models::of(const std::string& name, const std::string& path, const std::string& kind)
{
    const auto [it, fresh] = m_index.try_emplace(kind + '\n' + name, m_models.size());
    if (fresh) {
        m_models.push_back(
            std::make_unique<Model>(m_sink, static_cast<std::uint32_t>(m_models.size()), name, path));
    }
    return *m_models[it->second];
}

std::uint32_t Models::finish()
{
    std::uint32_t points = 0;
    for (const auto& model : m_models) {
        points += model->answers() > 0 ? 1 : 0;
        model->finish();
    }
    return points;
}

} // namespace prism::formats::ollama
