// SPDX-License-Identifier: GPL-3.0-or-later
// A recording of a live session (.prismlive): one load point a phase of steady load (core/live/phases.h),
// with the requests that arrived in it. Read twice: the phases first, then the requests.
#include "core/import/distributions.h"
#include "core/import/formats/prism_live/engine_series.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/live/assembly.h"
#include "core/live/phases.h"
#include "core/live/recording_reader.h"
#include "core/live/sketch.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace prism::formats {

namespace {

using live::LoadPhase;

/// Plays a recording into an assembly.
class Player : public live::RecordingHandler, public live::AssemblySink {
public:
    Result<void> play(Input& input)
    {
        auto bytes = input.bytes();
        if (!bytes) {
            return bytes.error();
        }
        auto reader = live::RecordingReader::open(std::move(*bytes), input.name());
        if (!reader) {
            return reader.error();
        }
        while (!input.stopToken().stop_requested() && (*reader)->next(*this)) { }
        m_assembly.finish();
        problem = (*reader)->problem();
        return {};
    }

    std::string problem;

protected:
    void target(const live::Target& target) override
    {
        m_assembly.attached(target);
        if (m_targets.size() < 64) {
            m_targets.push_back(target);
        }
    }
    void detached(live::TargetNumber target) override { m_assembly.detached(target); }
    void known(std::span<const std::byte> payload) override { m_assembly.known(payload); }
    bool records(std::span<const std::byte> payload, Nanoseconds) override
    {
        return m_assembly.records(payload);
    }
    void arrived(const live::Request& request, bool counts) override
    {
        if (counts) {
            finder.arrived(request.seen);
        }
    }
    void ended(live::Request request, live::RequestEvents events, bool counts) override
    {
        if (counts) {
            finder.ended(request.end.value_or(std::max(request.seen, m_assembly.now())));
            counted(request, events);
        }
    }
    virtual void counted(const live::Request&, const live::RequestEvents&) { }

public:
    live::PhaseFinder finder;
    live::Assembly m_assembly { *this };
    std::vector<live::Target> m_targets;
};

double secondsOf(Nanoseconds at)
{
    return toSeconds(at).value;
}

class PointOfPhase {
public:
    PointOfPhase(Sink& sink, std::uint32_t index, const LoadPhase& loadPhase)
        : phase(loadPhase)
        , m_rows(sink, index)
        , m_index(index)
    {
    }

    void add(const live::Request& request, const live::RequestEvents& events)
    {
        if (request.ended == live::Ended::Detached) {
            ++m_incomplete;
            return;
        }
        RequestRow row;
        row.id = request.key;
        row.ttft = request.ttft();
        row.e2e = request.e2e();
        row.isl = request.inputTokens;
        row.osl = request.outputTokens;
        row.ok = request.ok();
        row.error = row.ok ? ""
            : request.ended != live::Ended::Complete
            ? std::string(name(request.ended))
            : "HTTP status " + std::to_string(request.status.value_or(0));
        row.gapsMs = request.incomplete ? std::vector<double>() : live::tokenGaps(events);
        const auto start = request.arrival ? std::optional(secondsOf(*request.arrival)) : std::nullopt;
        const auto end = request.end ? std::optional(secondsOf(*request.end)) : std::nullopt;
        for (const double gap : row.ok ? row.gapsMs : std::vector<double>()) {
            m_gaps.add(gap);
        }
        if (request.ended == live::Ended::ClientClosed) {
            ++m_cancelled;
        } else {
            m_statistics.add(row, start, end);
        }
        m_rows.add(std::move(row), start, secondsOf(phase.begin));
    }

    void write(PointWriter& out)
    {
        m_rows.finish();
        m_statistics.write(out);
        const auto count = [&out](std::string_view metric, std::uint64_t value, const char* formula) {
            if (value > 0) {
                out.derived(metric, Stat::value(), static_cast<double>(value), formula);
            }
        };
        count("requests_cancelled", m_cancelled, "number of requests that their client left");
        count("requests_incomplete", m_incomplete, "number of requests that ran when the recording ended");
        for (const double p : { 50.0, 90.0, 99.0 }) {
            if (const auto value = m_gaps.percentile(p)) {
                out.derived("itl", Stat::percentile(p), *value,
                    "gaps between token events of the successful requests, sketch of 1 % relative error");
            }
        }
        if (const auto most = m_gaps.max()) {
            out.derived("itl", Stat::max(), *most, "longest gap between token events");
        }
    }

    std::uint32_t index() const { return m_index; }
    LoadPhase phase;

private:
    RequestRows m_rows;
    RequestStatistics m_statistics;
    live::Sketch m_gaps;
    std::uint32_t m_index;
    std::uint64_t m_cancelled = 0, m_incomplete = 0;
};

class Requests : public Player {
public:
    Requests(Sink& sink, const std::vector<LoadPhase>& phases)
        : engine(phases)
    {
        for (const LoadPhase& phase : phases) {
            points.push_back(
                std::make_unique<PointOfPhase>(sink, static_cast<std::uint32_t>(points.size()), phase));
        }
    }

    std::vector<std::unique_ptr<PointOfPhase>> points;
    EngineSeries engine;
    std::vector<live::LossGap> losses;
    std::uint64_t outside = 0;

private:
    void counted(const live::Request& request, const live::RequestEvents& events) override
    {
        for (const auto& point : points) {
            if (point->phase.begin <= request.seen && request.seen < point->phase.end) {
                point->add(request, events);
                return;
            }
        }
        ++outside;
    }
    void reading(const live::EngineReading& reading) override { engine.reading(reading); }
    void step(const live::Step& step) override { engine.step(step); }
    void loss(const live::LossGap& gap) override
    {
        if (gap.missing() && losses.size() < 65536) {
            losses.push_back(gap);
        }
    }
};

void describe(PointWriter& out, const live::Target& target)
{
    const auto text = [&out](std::string_view name, const std::string& value, const char* path) {
        if (!value.empty()) {
            out.attribute(name, value, {}, path);
        }
    };
    text("model", target.server.model, "target/model");
    text("engine", target.server.engine, "target/engine");
    text("engine_version", target.server.engineVersion, "target/engine_version");
    if (!target.server.accelerators.empty()) {
        text("accelerator", target.server.accelerators.front(), "target/accelerator");
        out.attribute("accelerator_count", static_cast<std::int64_t>(target.server.accelerators.size()), {},
            "target/accelerator");
    }
    const auto names = attributeNames();
    for (const live::SnapshotFact& fact : target.snapshot) {
        const bool ours = std::find(names.begin(), names.end(), fact.name) != names.end();
        if (ours && !out.point().attribute(fact.name)) {
            text(fact.name, fact.text, "target/snapshot");
        } else {
            out.extra("target/snapshot/" + fact.name, fact.text);
        }
    }
}

class PrismLive : public Importer {
public:
    ImporterInfo info() const override
    {
        ImporterInfo info { live::recordingProducer, "Prism live recording", 4, 30 };
        info.endsWithToken = false;
        return info;
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        return sample.head.starts_with(live::recordingMagic)
            ? std::optional(Match { Match::Certain, "begins as a recording of a live session" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Player first;
        if (auto done = first.play(input); !done) {
            return done;
        }
        const std::vector<LoadPhase> phases = first.finder.phases();
        if (phases.empty()) {
            return Error { input.name(), {}, "the recording holds no request",
                "Record while the server has traffic" };
        }
        Requests requests(sink, phases);
        if (auto done = requests.play(input); !done) {
            return done;
        }
        if (!requests.problem.empty()) {
            sink.warn({ "recording-damaged", requests.problem, {}, Severity::Warning });
        }
        if (requests.outside > 0) {
            sink.warn({ "outside-phases",
                std::to_string(requests.outside)
                    + " requests arrived while the load was not steady and belong to no point",
                {}, Severity::Note });
        }
        std::size_t thinned = 0;
        for (const auto& point : requests.points) {
            sink.point(finished(*point, requests));
            sink.series(point->index(), inFlight(first.finder, point->phase));
            for (TimeSeries& series : requests.engine.of(point->index(), thinned)) {
                sink.series(point->index(), std::move(series));
            }
        }
        if (thinned > 0) {
            sink.warn({ "series-thinned",
                std::to_string(thinned) + " series of the engine have more than "
                    + std::to_string(EngineSeries::most)
                    + " values in a phase: every second one was left out until they fitted",
                {}, Severity::Note });
        }
        return {};
    }

private:
    static LoadPoint finished(PointOfPhase& point, const Requests& requests)
    {
        const LoadPhase& phase = point.phase;
        PointWriter out(point.index());
        if (!requests.m_targets.empty()) {
            describe(out, requests.m_targets.front());
        }
        // Nobody asked for it: the level that was measured stands for the level.
        out.attribute("load_mode", std::string("concurrency"), {}, {}, Origin::Derived);
        out.attribute("concurrency",
            static_cast<std::int64_t>(std::max<long long>(1, std::llround(phase.inFlight))),
            "mean requests in flight " + std::to_string(phase.inFlight), {}, Origin::Derived);
        if (const auto unix = requests.m_assembly.clocks().unixTime(phase.begin)) {
            out.attribute("started_at", utcText(static_cast<double>(*unix) * 1e-9));
        }
        point.write(out);
        requests.engine.write(point.index(), out);
        std::uint64_t lost = 0;
        for (const live::LossGap& gap : requests.losses) {
            lost += gap.from < phase.end && phase.begin <= gap.to ? gap.dropped : 0;
        }
        if (lost > 0) {
            out.warn("records-lost",
                std::to_string(lost)
                    + " events were lost in this phase: its numbers miss what they would have told");
        }
        return out.take();
    }

    static TimeSeries inFlight(const live::PhaseFinder& finder, const LoadPhase& phase)
    {
        TimeSeries series;
        series.name = "requests_in_flight";
        series.unit = "1";
        const std::vector<double> slots = finder.slots();
        for (std::size_t i = 0; i < slots.size(); ++i) {
            const Nanoseconds at
                = finder.begin() + Nanoseconds { static_cast<std::int64_t>(i) * 1'000'000'000 };
            if (phase.begin <= at && at < phase.end) {
                series.seconds.push_back(secondsOf(at - phase.begin));
                series.values.push_back(slots[i]);
            }
        }
        return series;
    }
};

const RegisterImporter<PrismLive> registered;

} // namespace

} // namespace prism::formats
