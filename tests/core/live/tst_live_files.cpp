// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/live_files.h"
#include "core/import/job.h"
#include "core/live/recording.h"
#include "core/store/store.h"
#include "prism_test_paths.h"
#include "tests/support/made_stream.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace prism;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

/// A session with one target, whose records follow.
void begin(live::Recording& recording)
{
    live::Target target;
    target.number = 1;
    target.server.pid = 4711;
    recording.session("fake", "here");
    recording.target(target);
}

/// The events of the trace of what was recorded; empty when it cannot be read to its end.
QJsonArray traceOf(live::Recording& recording, const QTemporaryDir& folder)
{
    const std::string file = folder.filePath("traced.prismlive").toStdString();
    if (!recording.open(file) || !recording.close()) {
        return {};
    }
    auto session = live::Session::replay(file, 0, live::Budgets::everything());
    const auto ended = [&] { return (*session)->status().phase == live::Phase::Ended; };
    if (!session || !QTest::qWaitFor(ended, 60000) || !(*session)->status().endReason.empty()) {
        return {};
    }
    std::string trace;
    writeChromeTrace(**session, [&](std::string_view text) { trace += text; });
    return QJsonDocument::fromJson(QByteArray::fromStdString(trace)).object()["traceEvents"].toArray();
}

/// Two connections busy for 20 s, then eight.
std::string recorded(const QTemporaryDir& folder)
{
    const std::string file = folder.filePath("s.prismlive").toStdString();
    live::Recording recording(64u << 20);
    live::Target target;
    target.number = 1;
    target.server.pid = 4711;
    target.server.engine = "vllm";
    target.server.engineVersion = "0.32.0";
    target.server.model = "Qwen/Qwen3-8B";
    target.start = { second };
    target.startUnixNs = 1'700'000'001'000'000'000;
    target.snapshot = { { "tp", "2" }, { "kernel", "6.18" } };
    recording.session("fake", "here");
    recording.target(target);
    MadeStream stream;
    std::uint32_t number = 0;
    const auto lane = [&](std::uint64_t connection, std::int64_t from, std::int64_t to) {
        stream.connection(from, connection, wire::ConnectionRole::Server, 8000,
            static_cast<std::uint16_t>(40000 + connection));
        for (std::int64_t at = from; at + second <= to; at += second) {
            ScriptedRequest script;
            script.connection = connection;
            script.key = number == 0 ? "=HYPERLINK(1)" : std::string_view(); // a client's word is no formula
            script.number = number++;
            script.arrival = at;
            script.firstTokenAfter = 100 * millisecond;
            script.gap = 85 * millisecond;
            script.tokens = 11;
            stream.request(script);
        }
        recording.records(stream.take());
    };
    for (std::uint64_t c = 1; c <= 2; ++c) {
        lane(c, 10 * second, 30 * second);
    }
    for (std::uint64_t c = 11; c <= 18; ++c) {
        lane(c, 30 * second, 50 * second);
    }
    // The server's own word once a second, and that of its engine with every step.
    for (std::int64_t at = 10 * second; at < 50 * second; at += second) {
        const bool full = at >= 30 * second;
        using Metric = wire::SampleMetric;
        for (const auto& [metric, value] :
            { std::pair { Metric::EngineRunning, full ? 8.0 : 2.0 }, std::pair { Metric::EngineWaiting, 0.0 },
                std::pair { Metric::EngineKvUsage, full ? 0.75 : 0.25 } }) {
            stream.add(wire::Source::Metrics, at + second / 2,
                wire::Sample { static_cast<std::uint16_t>(metric), 0, 0, value });
        }
        wire::EngineStep step {};
        step.running = full ? 7 : 1;
        step.waiting = 1;
        step.kvPermille = full ? 700 : 200;
        stream.add(wire::Source::Engine, at + second / 4, step, 0, 0, 1'000'000);
    }
    recording.records(stream.take());
    if (!recording.open(file) || !recording.close()) {
        qFatal("no recording");
    }
    return file;
}

} // namespace

class TestLiveFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRecordingIsARunWithAPointAPhase()
    {
        QTemporaryDir folder;
        ImportRequest request;
        request.database = folder.filePath("db").toStdString();
        request.paths = { recorded(folder) };
        request.importChild = PRISM_BIN_DIR "/prism-import";
        if (!QFile::exists(PRISM_BIN_DIR "/prism-import")) {
            QSKIP("this configuration does not build prism-import");
        }
        class Observer : public ImportObserver {
        public:
            void file(const FileResult& result) override { results.push_back(result); }
            std::vector<FileResult> results;
        } observer;
        const auto summary = runImport(request, observer);
        QVERIFY(summary);
        QCOMPARE(observer.results.size(), std::size_t(1));
        const FileResult& result = observer.results.front();
        QVERIFY2(result.outcome == Outcome::Imported, result.reason ? result.reason->text().c_str() : "");
        QCOMPARE(result.producer, std::string("prism-live"));
        QVERIFY2(
            result.warnings.empty(), result.warnings.empty() ? "" : result.warnings.front().text.c_str());
        QCOMPARE(summary->runs, 1u);
        QCOMPARE(summary->points, 2u);
        QCOMPARE(summary->requests, 2u * 20 + 8u * 20);
        const auto reader = StoreReader::open(request.database);
        QVERIFY(reader);
        std::vector<PointDetail> points;
        QVERIFY((*reader)->points([&](const SourceRecord&, PointDetail&& point) {
            points.push_back(std::move(point));
            return true;
        }));
        const auto value = [](const PointDetail& point, std::string_view metric, Stat stat) {
            for (const Measure& m : point.measures) {
                if (m.metric->id == metric && m.stat == stat) {
                    return m.value;
                }
            }
            return -1.0;
        };
        const auto attribute = [](const PointDetail& point, std::string_view name) {
            for (const Attribute& a : point.record.attributes) {
                if (a.name == name) {
                    return toText(a.value);
                }
            }
            return std::string();
        };
        QCOMPARE(attribute(points[0], "concurrency"), std::string("2"));
        QCOMPARE(attribute(points[1], "concurrency"), std::string("8"));
        QCOMPARE(attribute(points[0], "engine_version"), std::string("0.32.0"));
        QCOMPARE(attribute(points[0], "tp"), std::string("2"));
        QVERIFY(attribute(points[0], "started_at").starts_with("2023-11-14T22:13:30"));
        QCOMPARE(value(points[0], "ttft", Stat::percentile(50)), 100.0);
        QCOMPARE(value(points[0], "tpot", Stat::percentile(50)), 85.0);
        QVERIFY(qAbs(value(points[0], "itl", Stat::percentile(99)) - 85) < 0.9);
        QCOMPARE(value(points[1], "requests", Stat::value()), 160.0);
        QCOMPARE(value(points[1], "output_tokens", Stat::value()), 160.0 * 11);
        QCOMPARE(value(points[0], "kv_cache_usage", Stat::max()), 0.25);
        QCOMPARE(value(points[1], "kv_cache_usage", Stat::mean()), 0.75);
        const auto series = (*reader)->series(points[1].record.id);
        QVERIFY(series);
        const auto values = [&](const char* name, const char* from) {
            for (const TimeSeries& one : *series) {
                if (one.name == name && one.path.starts_with(from)) {
                    return one.values;
                }
            }
            return std::vector<double>();
        };
        QCOMPARE(values("requests_running", "server /metrics"), std::vector<double>(20, 8));
        QCOMPARE(values("requests_waiting", "server /metrics"), std::vector<double>(20, 0));
        QCOMPARE(values("kv_cache_usage", "server /metrics"), std::vector<double>(20, 0.75));
        QCOMPARE(values("requests_running", "steps of engine 0"), std::vector<double>(20, 7));
        QCOMPARE(values("kv_cache_usage", "steps of engine 0"), std::vector<double>(20, 0.7));
        const auto rows = (*reader)->requests(points[0].record.id, 0, 100);
        QVERIFY(rows);
        QCOMPARE(rows->size(), std::size_t(40));
        QCOMPARE(rows->front().gapsMs, std::vector<double>(10, 85.0));
        QCOMPARE(*rows->front().osl, 11);
        // The same bytes change nothing.
        const auto again = runImport(request, observer);
        QVERIFY(again);
        QCOMPARE(again->unchanged, 1u);
    }

    void traceAndCsvHoldEveryRequest()
    {
        QTemporaryDir folder;
        auto session = live::Session::replay(recorded(folder));
        QVERIFY(session);
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().phase == live::Phase::Ended; }, 60000));
        std::string trace;
        writeChromeTrace(**session, [&](std::string_view text) { trace += text; });
        QJsonParseError error;
        const auto document = QJsonDocument::fromJson(QByteArray::fromStdString(trace), &error);
        QVERIFY2(!document.isNull(), qPrintable(error.errorString()));
        int requests = 0, decodes = 0;
        double most = 0;
        for (const QJsonValue event : document.object()["traceEvents"].toArray()) {
            requests += event["name"].toString().startsWith("POST ") ? 1 : 0;
            decodes += event["name"] == "decode" && event["dur"].toDouble() == 850'000 ? 1 : 0;
            most = event["ph"] == "C" ? qMax(most, event["args"]["requests"].toDouble()) : most;
        }
        QCOMPARE(requests, 200);
        QCOMPARE(decodes, 200);
        QCOMPARE(most, 8.0);
        std::string csv;
        writeRequestsCsv(**session, [&](std::string_view text) { csv += text; });
        const QStringList lines = QString::fromStdString(csv).split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 201);
        QCOMPARE(lines[1].section(',', 1, 1), QStringLiteral("'=HYPERLINK(1)"));
        QCOMPARE(lines[1].section(',', 3, 5), QStringLiteral("/v1/chat/completions,200,complete"));
        QCOMPARE(lines[1].section(',', 6, 6), QStringLiteral("1700000010000000000"));
        QCOMPARE(lines[1].section(',', 8, 9), QStringLiteral("100,85"));
    }

    /// Nothing is known of how it went on.
    void aRequestThatWasLeftWhileItRanEndsWhereItWasLastSeen()
    {
        QTemporaryDir folder;
        live::Recording recording(64u << 20);
        begin(recording);
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.head(script, 2 * second + 10 * millisecond);
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 1);
        wire::State off {};
        off.name = stream.text("tier 1");
        off.state = static_cast<std::uint16_t>(wire::ProbeState::Ignored);
        off.tier = 1;
        stream.add(wire::Source::Supervisor, 3 * second, off);
        stream.clock(600 * second);
        recording.records(stream.take());
        QList<double> lengths, inFlight;
        for (const QJsonValue event : traceOf(recording, folder)) {
            if (event["name"].toString().startsWith("POST ")) {
                lengths << event["dur"].toDouble();
            } else if (event["name"] == "in flight") {
                inFlight << event["args"]["requests"].toDouble();
            }
        }
        QCOMPARE(lengths, QList<double> { 50'000 });
        QCOMPARE(inFlight, (QList<double> { 1, 0 }));
    }

    void theTraceLeavesNothingOut()
    {
        QTemporaryDir folder;
        constexpr int jumps = 5000, losses = 70000; // more than a session that lives would keep
        live::Recording recording(64u << 20);
        begin(recording);
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        ScriptedRequest script;
        script.arrival = 2 * second;
        script.tokens = 5;
        stream.request(script);
        wire::EngineStep step {};
        step.running = 3;
        step.sequences = 2;
        step.phase = static_cast<std::uint8_t>(wire::StepPhase::Decode);
        stream.add(wire::Source::Engine, 3 * second, step, 0, 0, 8'000'000);
        stream.add(wire::Source::Engine, 3 * second + 8 * millisecond, step, 0, 0, 8'000'000);
        recording.records(stream.take());
        wire::Loss loss {};
        loss.program = stream.text("http_send");
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
        for (int i = 0; i < losses; ++i) {
            loss.attempted += 2;
            loss.emitted += 1;
            loss.dropped += 1;
            stream.add(wire::Source::Supervisor, 4 * second + i * 10'000, loss);
            if (i % 500 == 0) { // as a helper's frames come
                recording.records(stream.take());
            }
        }
        recording.records(stream.take());
        stream.clock(5 * second);
        for (int i = 1; i <= jumps; ++i) {
            stream.clock(5 * second + i * millisecond, i * second);
            if (i % 500 == 0) {
                recording.records(stream.take());
            }
        }
        recording.records(stream.take());
        recording.mark({ 1, { 2 * second }, {}, "here" });
        recording.mark({ 2, { 2 * second }, Nanoseconds { 3 * second }, "slow" });
        QMap<QString, int> names;
        QList<double> tokens, steps;
        for (const QJsonValue event : traceOf(recording, folder)) {
            const QString name = event["name"].toString();
            ++names[name.endsWith(" lost") ? QStringLiteral("lost") : name];
            if (name == "token") {
                tokens << event["ts"].toDouble();
            } else if (event["args"]["running"].toInt() == 3) {
                steps << event["dur"].toDouble();
            }
        }
        QCOMPARE(tokens, (QList<double> { 2'050'000, 2'060'000, 2'070'000, 2'080'000, 2'090'000 }));
        QCOMPARE(steps.size(), 2);
        QVERIFY(steps.contains(8000));
        QCOMPARE(names["here"], 1);
        QCOMPARE(names["slow"], 2); // its begin and its end
        QCOMPARE(names["the machine slept"], jumps);
        QCOMPARE(names["lost"], losses);
    }
};

QTEST_GUILESS_MAIN(TestLiveFiles)
#include "tst_live_files.moc"
