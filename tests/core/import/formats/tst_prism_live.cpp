// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/recording.h"
#include "tests/support/made_stream.h"
#include "tests/support/recording_sink.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace prism;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::Read;
using prism::test::readText;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

constexpr std::int64_t begins = 10 * second;

/// A session with one server, written as a file.
class MadeRecording {
public:
    MadeRecording()
        : m_recording(64u << 20)
    {
        live::Target target;
        target.number = 1;
        target.server.engine = "vllm";
        target.server.engineVersion = "0.32.0";
        target.server.model = "Qwen/Qwen3-8B";
        target.server.accelerators = { "NVIDIA H200", "NVIDIA H200" };
        target.start = { second };
        target.startUnixNs = 1'700'000'001'000'000'000;
        target.snapshot = { { "tp", "2" }, { "kernel", "6.18" } };
        m_recording.session("made", "here");
        m_recording.target(target);
    }

    /// One connection that asks once a second for `seconds` seconds; `change` alters a request.
    template <class Change>
    void lane(std::uint64_t connection, std::int64_t from, int seconds, Change change)
    {
        stream.connection(from, connection, wire::ConnectionRole::Server, 8000,
            static_cast<std::uint16_t>(40000 + connection));
        for (int i = 0; i < seconds; ++i) {
            ScriptedRequest script;
            script.connection = connection;
            script.number = m_number++;
            script.arrival = from + i * second;
            script.firstTokenAfter = 100 * millisecond;
            script.gap = 85 * millisecond;
            script.tokens = 11;
            change(script, i);
            stream.request(script);
        }
        m_recording.records(stream.take());
    }
    void lane(std::uint64_t connection, std::int64_t from, int seconds)
    {
        lane(connection, from, seconds, [](ScriptedRequest&, int) {});
    }

    /// What comes next stands in another block of the file.
    void closeBlock(std::int64_t at) { m_recording.tick({ at }); }

    std::string bytes()
    {
        m_recording.records(stream.take());
        const QString file = m_folder.filePath(QStringLiteral("s.prismlive"));
        QFile in(file);
        const bool written = m_recording.open(file.toStdString()) && m_recording.close();
        return written && in.open(QIODevice::ReadOnly) ? in.readAll().toStdString() : std::string();
    }

    MadeStream stream;

private:
    QTemporaryDir m_folder;
    live::Recording m_recording;
    std::uint32_t m_number = 0;
};

Read played(const std::string& bytes)
{
    return readText(bytes, "s.prismlive");
}

} // namespace

class PrismLiveTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aPhaseOfSteadyLoadIsAPoint()
    {
        MadeRecording made;
        for (std::uint64_t c = 1; c <= 2; ++c) {
            made.lane(c, begins, 20);
        }
        for (std::uint64_t c = 11; c <= 18; ++c) {
            made.lane(c, begins + 20 * second, 20);
        }
        const Read got = played(made.bytes());
        QVERIFY2(!got.error, got.error ? got.error->text().c_str() : "");
        QCOMPARE(got.importer, std::string("prism-live"));
        QCOMPARE(got.sink.points.size(), std::size_t(2));
        QVERIFY(got.sink.warnings.empty());
        QCOMPARE(got.sink.attribute(0, "model"), std::string("Qwen/Qwen3-8B"));
        QCOMPARE(got.sink.attribute(0, "engine"), std::string("vllm"));
        QCOMPARE(got.sink.attribute(0, "engine_version"), std::string("0.32.0"));
        QCOMPARE(got.sink.attribute(0, "accelerator"), std::string("NVIDIA H200"));
        QCOMPARE(got.sink.attribute(0, "accelerator_count"), std::string("2"));
        QCOMPARE(got.sink.attribute(0, "tp"), std::string("2"));
        QCOMPARE(got.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(got.sink.attribute(0, "concurrency"), std::string("2"));
        QCOMPARE(got.sink.attribute(1, "concurrency"), std::string("8"));
        QCOMPARE(got.sink.points[0].attribute("concurrency")->origin, Origin::Derived); // nobody asked for it
        QCOMPARE(got.sink.attribute(0, "started_at").substr(0, 19), std::string("2023-11-14T22:13:30"));
        const auto& extras = got.sink.points[0].extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const Extra& e) { return e.path == "target/snapshot/kernel" && e.text == "6.18"; }));
    }

    void numbersAreThoseOfTheRequests()
    {
        MadeRecording made;
        made.lane(1, begins, 20, [](ScriptedRequest& script, int i) {
            script.firstTokenAfter = (i % 2 == 0 ? 100 : 200) * millisecond;
            script.gap = 70 * millisecond;
            script.key = i == 1 ? "fd78b108" : "";
        });
        const Read got = played(made.bytes());
        QCOMPARE(got.sink.points.size(), std::size_t(1));
        QCOMPARE(got.sink.value(0, "requests"), 20.0);
        QCOMPARE(got.sink.value(0, "ttft", "mean"), 150.0);
        QCOMPARE(got.sink.value(0, "ttft", "min"), 100.0);
        QCOMPARE(got.sink.value(0, "ttft", "max"), 200.0);
        QCOMPARE(got.sink.value(0, "tpot", "p50"), 70.0);
        QCOMPARE(got.sink.value(0, "itl", "max"), 70.0);
        QVERIFY(qAbs(got.sink.value(0, "itl", "p99") - 70.0) < 0.01 * 70.0); // a sketch of 1 %
        QCOMPARE(got.sink.value(0, "output_tokens"), 20.0 * 11);
        for (const Measure& measure : got.sink.points[0].measures) {
            QCOMPARE(measure.origin, Origin::Derived);
        }
        const auto& rows = got.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(20));
        QCOMPARE(rows[1].ttft->value, 200.0);
        QCOMPARE(rows[0].id, std::string());
        QCOMPARE(rows[1].id, std::string("fd78b108"));
        QCOMPARE(rows[1].osl, std::optional<std::int64_t>(11));
        QCOMPARE(rows[1].gapsMs.size(), std::size_t(10));
    }

    /// A request that failed has no latency to speak of, and one that its client left is no failure.
    void failedAndLeftRequestsAreCountedApart()
    {
        MadeRecording made;
        made.lane(1, begins, 20, [](ScriptedRequest& script, int i) {
            script.status = i == 3 ? 500 : 200;
            script.ended = i == 5 ? wire::EndReason::ClientClosed : wire::EndReason::Complete;
        });
        const Read got = played(made.bytes());
        QCOMPARE(got.sink.points.size(), std::size_t(1));
        QCOMPARE(got.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(got.sink.value(0, "requests_cancelled"), 1.0);
        QCOMPARE(got.sink.value(0, "requests_ok"), 18.0);
        const auto& rows = got.sink.requests.at(0);
        QCOMPARE(std::count_if(rows.begin(), rows.end(), [](const RequestRow& row) { return !row.ok; }), 2);
        QVERIFY(std::any_of(
            rows.begin(), rows.end(), [](const RequestRow& row) { return row.error == "HTTP status 500"; }));
    }

    void whatTheEngineSaysIsASeries()
    {
        MadeRecording made;
        made.lane(1, begins, 20);
        for (int i = 0; i < 20; ++i) {
            const auto at = begins + i * second + second / 2;
            using Metric = wire::SampleMetric;
            made.stream.add(wire::Source::Metrics, at,
                wire::Sample {
                    static_cast<std::uint16_t>(Metric::EngineKvUsage), 0, 0, i == 7 ? 0.75 : 0.25 });
        }
        const Read got = played(made.bytes());
        QCOMPARE(got.sink.value(0, "kv_cache_usage", "max"), 0.75);
        QVERIFY(qAbs(got.sink.value(0, "kv_cache_usage", "mean") - 0.275) < 1e-9);
        const auto& all = got.sink.seriesOf.at(0);
        const auto usage = std::find_if(
            all.begin(), all.end(), [](const TimeSeries& series) { return series.name == "kv_cache_usage"; });
        QVERIFY(usage != all.end());
        QCOMPARE(usage->values.size(), std::size_t(20));
        QVERIFY(!usage->absolute);
        QVERIFY(std::any_of(all.begin(), all.end(),
            [](const TimeSeries& series) { return series.name == "requests_in_flight"; }));
    }

    void lostRecordsAreSaid()
    {
        MadeRecording made;
        made.lane(1, begins, 10);
        made.stream.lose(wire::Source::Http, 7);
        made.lane(2, begins + 10 * second, 10);
        const Read got = played(made.bytes());
        QVERIFY(!got.sink.points.empty());
        QVERIFY(got.sink.warned("records-lost"));
    }

    /// What stands before the damage is read, and the damage is told.
    void aRecordingThatWasCutShort()
    {
        MadeRecording made;
        made.lane(1, begins, 20);
        made.closeBlock(begins + 40 * second);
        made.lane(2, begins + 20 * second, 20);
        const std::string bytes = made.bytes();
        const Read got = played(bytes.substr(0, bytes.size() - 100));
        QVERIFY(!got.error);
        QVERIFY(!got.sink.points.empty());
        QVERIFY(got.sink.warned("recording-damaged"));
    }

    void aRecordingWithoutRequestsIsRefused()
    {
        MadeRecording made;
        const Read got = played(made.bytes());
        QCOMPARE(got.importer, std::string("prism-live"));
        QVERIFY(got.error);
        QVERIFY(!got.error->remedy.empty());
        QVERIFY(got.sink.points.empty());
    }

    void otherFilesAreNotTaken()
    {
        QVERIFY(played("prism-live is a word of ours\n").importer != "prism-live");
        QVERIFY(played("{\"prism-live recording\": 1}").importer != "prism-live");
    }
};

QTEST_GUILESS_MAIN(PrismLiveTest)
#include "tst_prism_live.moc"
