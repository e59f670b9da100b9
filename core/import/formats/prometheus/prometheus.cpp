// SPDX-License-Identifier: GPL-3.0-or-later
// What servers say at /metrics, and what Prometheus answers. A snapshot counts since the start of the server:
// its averages are those of its life. Two snapshots of one server, in one text, make a measurement.
#include "core/import/formats/prometheus/api_answer.h"
#include "core/import/formats/prometheus/engine_metrics.h"
#include "core/import/importer.h"
#include "core/read/numbers.h"

namespace prism::formats {

namespace {

using namespace prometheus;

/// A line "# TYPE name kind" or "# HELP name …" at its beginning.
bool hasMetadata(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with("# TYPE ") || line.starts_with("# HELP ")) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

/// "name{label="…"} number", a time behind it or not.
bool isLabelledSample(std::string_view line)
{
    const std::size_t open = line.find('{');
    const std::size_t close = line.rfind("} ");
    return open != 0 && open != std::string_view::npos && close != std::string_view::npos && close > open
        && line.find("=\"", open) != std::string_view::npos
        && line.substr(0, open).find(' ') == std::string_view::npos
        && read::parseDecimal(line.substr(close + 2, line.find(' ', close + 2) - close - 2));
}

/// "engine:name number": of the engines whose metrics have no labels.
bool isPrefixedSample(std::string_view line)
{
    const std::size_t blank = line.find(' ');
    const std::string_view name = line.substr(0, std::min(blank, line.size()));
    const std::size_t colon = name.find(':');
    return blank != std::string_view::npos && colon != std::string_view::npos && colon > 0
        && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_:") == std::string_view::npos
        && name.find('_', colon) != std::string_view::npos && read::parseDecimal(line.substr(blank + 1));
}

/// Lines of names with labels and a number, without any metadata: what is left of a filtered exposition. A
/// shell and a loop that asks again and again put lines of their own between them.
bool isPlainExposition(std::string_view text)
{
    constexpr std::size_t enough = 3;
    std::size_t samples = 0;
    std::size_t others = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = read::trimmed(text.substr(at, end - at));
        at = end + 1;
        if (!line.empty() && line[0] != '#') {
            ++(isLabelledSample(line) || isPrefixedSample(line) ? samples : others);
        }
    }
    return samples >= enough && samples > others;
}

/// Folds the snapshots of a text, of which all but the last two are forgotten.
class Window {
public:
    void add(Snapshot snapshot)
    {
        ++m_count;
        if (m_count > 2) {
            m_growth.add(m_before, m_last);
        }
        m_before = std::move(m_last);
        m_last = std::move(snapshot);
        if (m_count > 1) {
            m_oneServer = m_oneServer && areOfOneServer(m_before, m_last);
        } else {
            m_first = m_last.file;
        }
    }

    bool isMeasurement() const { return m_points > 0; }

    Result<void> finish(Sink& sink)
    {
        if (m_count < 2) {
            return lifetime(sink);
        }
        if (!m_oneServer) {
            return Error { {}, {}, "the snapshots are not of one server: they name other models or counters",
                "Compare snapshots of the same server" };
        }
        const bool swapped = m_count == 2 && isBackwards(m_before, m_last);
        if (swapped) {
            std::swap(m_before, m_last);
            m_first = m_before.file;
        }
        m_growth.add(m_before, m_last);
        std::vector<LoadPoint> points = enginePoints(m_growth, {});
        m_points = points.size();
        if (!m_first.empty()) {
            if (const auto wrong = noPair()) {
                return *wrong;
            }
        }
        for (LoadPoint& point : points) {
            if (!m_first.empty()) {
                point.label = m_first + " → " + m_last.file;
            }
            describe(point, swapped);
            sink.point(std::move(point));
        }
        if (points.empty()) {
            sink.warn({ "nothing-between",
                "Between the snapshots no request of a known engine ended: there is no measurement in them.",
                {} });
        }
        return {};
    }

private:
    /// Two files, that are a pair only where what lies between them is known.
    std::optional<Error> noPair() const
    {
        if (m_growth.resets > 0) {
            return Error { {}, {},
                std::to_string(m_growth.resets)
                    + " counters and histograms began anew between the snapshots: the server was restarted, "
                      "or"
                      " they are of two servers",
                "Take both snapshots from one server, without a restart between them" };
        }
        if (m_points == 0) {
            return Error { {}, {}, "between the snapshots no request of a known engine ended",
                "Take one snapshot before the measurement and one after it" };
        }
        return std::nullopt;
    }

    Result<void> lifetime(Sink& sink) const
    {
        for (LoadPoint& point : enginePoints(Growth::sinceStart(m_last), "since-start")) {
            point.label = "since the server's start";
            point.warnings.push_back({ "since-start",
                "One snapshot counts since the start of the server: these are averages over its life, not a"
                " measurement. For that, name a snapshot from before and one from after a run in one import.",
                {}, Severity::Note });
            sink.point(std::move(point));
        }
        return {};
    }

    void describe(LoadPoint& point, bool swapped) const
    {
        point.warnings.push_back({ "between-snapshots",
            "The difference of " + std::to_string(m_count)
                + " snapshots. Percentiles are interpolated between the bounds of the server's buckets.",
            {}, Severity::Note });
        if (swapped) {
            point.warnings.push_back({ "snapshots-swapped",
                "The second snapshot is the earlier one: they are taken in the order of their counters.", {},
                Severity::Note });
        }
        if (m_growth.resets > 0) {
            point.warnings.push_back({ "counter-reset",
                std::to_string(m_growth.resets)
                    + " counters and histograms began anew between the snapshots, as after a restart of the "
                      "server."
                      " For them only what came after the restart is counted; what came before it is not "
                      "known.",
                {} });
        }
        if (!m_growth.seconds) {
            point.warnings.push_back({ "no-times",
                "The snapshots carry no times, so that no rate can be told.", {}, Severity::Note });
        }
    }

    Snapshot m_before;
    Snapshot m_last;
    std::string m_first;
    Growth m_growth;
    std::size_t m_count = 0;
    std::size_t m_points = 0; ///< of the measurement between them
    bool m_oneServer = true;
};

Result<void> readText(Input& input, Sink& sink)
{
    auto bytes = input.bytes();
    if (!bytes) {
        return bytes.error();
    }
    Window window;
    SnapshotReader snapshots([&](Snapshot snapshot) { window.add(std::move(snapshot)); });
    const auto report = read::readPrometheus(**bytes, input.budgets(), snapshots, input.stopToken());
    if (!report) {
        return report.error();
    }
    if (snapshots.passedOver() > report->samples) {
        return *snapshots.firstFault(); // a text about metrics, with an example of them
    }
    if (report->samples == 0) {
        return Error { {}, {}, "the file holds no sample",
            "Fetch the metrics again: curl http://HOST:PORT/metrics" };
    }
    snapshots.finish();
    if (auto done = window.finish(sink); !done) {
        return done;
    }
    if (snapshots.leftOut() > 0) {
        sink.warn({ "too-many-series",
            std::to_string(snapshots.leftOut()) + " samples are beyond what is kept of one snapshot.", {} });
    }
    if (window.isMeasurement()) {
        sink.holds({ { "samples", report->samples } });
    } else {
        sink.attach({ { "samples", report->samples } });
    }
    sink.report(report->text);
    return {};
}

class Prometheus : public Importer {
public:
    ImporterInfo info() const override
    {
        ImporterInfo info { "prometheus", "Prometheus", 2, 20 };
        info.readsSnapshots = true;
        return info;
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            const bool isAnswer
                = sample.has("/status") && (sample.has("/data/resultType") || sample.has("/errorType"));
            return isAnswer ? std::optional(Match { Match::Certain, "has status and data.resultType" })
                            : std::nullopt;
        }
        if (sample.family != Family::Text && sample.family != Family::Csv) {
            return std::nullopt;
        }
        if (hasMetadata(sample.head)) {
            return Match { Match::Likely, "has lines \"# TYPE name kind\"" };
        }
        if (isPlainExposition(sample.head)) {
            return Match { Match::Likely, "has lines name{label=\"…\"} number" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json ? readApiAnswer(input, sink) : readText(input, sink);
    }
};

const RegisterImporter<Prometheus> registered;

} // namespace

} // namespace prism::formats
