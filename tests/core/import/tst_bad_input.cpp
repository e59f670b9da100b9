// SPDX-License-Identifier: GPL-3.0-or-later
// Files that nobody made to harm and that are bad all the same, through the whole import: the one file is
// refused, or read with a warning, and the others are imported.
//
// Two twins that disagree and a sidecar without its run are bundles; a trace of more spans than are shown is
// in formats/tst_chrome_trace too.
#include "core/import/sniff.h"
#include "prism_test_paths.h"
#include "tests/support/imported_folder.h"
#include "tests/support/packed.h"
#include "tests/support/recording_sink.h"
#include "tests/support/vllm_results.h"

#include <QFile>
#include <QTest>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

using namespace prism;

namespace {

std::string result(int concurrency)
{
    return test::vllmResult(QStringLiteral("org/model"), concurrency).toStdString();
}

bool isWarned(const FileResult& result, std::string_view code)
{
    return std::any_of(result.warnings.begin(), result.warnings.end(),
        [code](const Warning& warning) { return warning.code == code; });
}

std::string spanOf(const char* name, const char* ts, const char* duration)
{
    return std::string(R"({"ph":"X","pid":1,"tid":1,"name":")") + name + R"(","ts":)" + ts + R"(,"dur":)"
        + duration + "}";
}

/// What a server of one model tells that has generated so many tokens since it started.
std::string snapshot(int tokens, int started = 1'700'000'000)
{
    return "# TYPE vllm:generation_tokens counter\n"
           "vllm:generation_tokens_total{model_name=\"m\"} "
        + std::to_string(tokens)
        + "\n# TYPE vllm:prompt_tokens counter\nvllm:prompt_tokens_total{model_name=\"m\"} "
        + std::to_string(10 * tokens)
        + "\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds " + std::to_string(started)
        + '\n';
}

/// Begins well, and then its disk or network is gone.
class FailingSource : public read::ByteSource {
public:
    FailingSource(std::string bytes, std::size_t good)
        : m_inner(read::memorySource(bytes.substr(0, good)))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        auto size = m_inner->read(buffer);
        return size && *size > 0 ? size
                                 : Result<std::size_t>(Error { {}, "byte 1", "Stale file handle", "Look" });
    }

private:
    std::unique_ptr<read::ByteSource> m_inner;
};

/// A trace of that many events, written as it is read.
class GeneratedTrace : public read::ByteSource {
public:
    explicit GeneratedTrace(std::size_t events)
        : m_events(events)
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        while (m_text.size() < buffer.size() && m_next <= m_events) {
            m_text += m_next == m_events
                ? "]\n"
                : (m_next == 0 ? "[" : ",\n") + spanOf("e", std::to_string(m_next).c_str(), "1");
            ++m_next;
        }
        const std::size_t size = std::min(buffer.size(), m_text.size());
        std::copy_n(m_text.begin(), size, buffer.begin());
        m_text.erase(0, size);
        return size;
    }

private:
    std::size_t m_events;
    std::size_t m_next = 0;
    std::string m_text;
};

/// Keeps counts alone.
class CountingSink : public test::RecordingSink {
public:
    void spans(const TraceBatch& batch) override
    {
        sent += batch.spans.size();
        largest = std::max(largest, batch.spans.size());
    }
    std::size_t sent = 0;
    std::size_t largest = 0;
};

} // namespace

class BadInputTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<test::ImportedFolder>(); }

    void timesOfTraces_data()
    {
        QTest::addColumn<QByteArray>("events");
        QTest::addColumn<QByteArray>("warned");
        QTest::newRow("a trace with a negative duration")
            << QByteArray::fromStdString(spanOf("a", "1", "2") + ',' + spanOf("b", "5", "-3"))
            << QByteArray("negative-duration");
        QTest::newRow("clocks that jump") << QByteArray::fromStdString(spanOf("a", "1740461679479712", "2")
            + ',' + spanOf("b", "1740461679479719", "2") + ',' + spanOf("c", "12", "1"))
                                          << QByteArray("clock-jumps");
        QTest::newRow("clocks that jump over all of time") << QByteArray::fromStdString(
            spanOf("a", "-9223372036854774", "2") + ',' + spanOf("b", "9223372036854774", "9223372036854774")
            + R"(,{"ph":"C","pid":1,"name":"c","ts":)" + "9223372036854774" + R"(,"args":{"x":1}})")
                                                           << QByteArray("times-too-far");
    }
    void timesOfTraces()
    {
        QFETCH(QByteArray, events);
        QFETCH(QByteArray, warned);
        m_folder->write("b.json", '[' + events.toStdString() + "]\n");
        importWithNeighbours();
        const FileResult read = m_folder->result("b.json");
        QCOMPARE(read.outcome, Outcome::Attached);
        QVERIFY(isWarned(read, warned.toStdString()));
    }

    /// Generated as it is read: no batch grows with the events. A fiftieth of ten million, for a sanitizer's
    /// sake; what is beyond the budget of spans is formats/tst_chrome_trace,
    /// leavesOutWhatIsBeyondTheBudget().
    void aTraceWithTenMillionEvents()
    {
        static constexpr std::size_t events = 200'000;
        CountingSink sink;
        const ImportedText done = importText(
            "t.json",
            []() -> Result<std::unique_ptr<read::ByteSource>> {
                return std::unique_ptr<read::ByteSource>(std::make_unique<GeneratedTrace>(events));
            },
            sink);
        QVERIFY(!done.error);
        QCOMPARE(sink.counts.at("events"), events);
        QCOMPARE(sink.sent, events);
        QVERIFY(sink.largest <= mostOfTraceBatch);
    }

    void aCounterThatResets()
    {
        m_folder->write("metrics_1.prom", snapshot(1000));
        m_folder->write("metrics_2.prom", snapshot(40, 1'700'000'500));
        m_folder->import({ "metrics_1.prom", "metrics_2.prom" });
        QCOMPARE(m_folder->results().size(), std::size_t(3)); // both, and what lies between them
        const FileResult& between = m_folder->results().back();
        QVERIFY2(between.outcome == Outcome::Skipped || between.outcome == Outcome::Refused,
            name(between.outcome).data());
        QVERIFY2(between.reason && between.reason->reason.find("began anew") != std::string::npos,
            between.reason ? between.reason->text().c_str() : "");
        QVERIFY(!between.reason->remedy.empty());
        QVERIFY(m_folder->points(between.source).empty());
    }

    void aMappingForAColumnThatIsGone()
    {
        Mapping mapping;
        mapping.name = "house";
        mapping.columns = { "c", "latency" };
        mapping.values = { { "latency", {}, MappedValue::Target::Measure, "ttft", Stat::mean(), "ms", {} } };
        m_folder->write("b.csv", "c,delay\n1,80\n");
        ImportRequest request;
        request.mappings = { mapping };
        request.forcedImporter = "mapping-house";
        m_folder->import({ "b.csv" }, request);
        const FileResult bad = m_folder->result("b.csv");
        QCOMPARE(bad.outcome, Outcome::Refused);
        QVERIFY2(bad.reason->text().find("latency") != std::string::npos, bad.reason->text().c_str());
        QVERIFY(!bad.reason->remedy.empty());
    }

    void aLinkLoop()
    {
        namespace fs = std::filesystem;
        fs::create_directory(m_folder->path("d"));
        fs::create_directory_symlink("..", m_folder->path("d/up"));
        fs::create_symlink("two.json", m_folder->path("one.json"));
        fs::create_symlink("one.json", m_folder->path("two.json"));
        importWithNeighbours();
        QCOMPARE(m_folder->sources(), std::string("a.json c.json"));
        m_folder->import({ "one.json", "a.json" });
        const FileResult named = m_folder->result("one.json");
        QCOMPARE(named.outcome, Outcome::Refused);
        QVERIFY(named.reason && !named.reason->reason.empty() && !named.reason->remedy.empty());
    }

    void aFileThatChangesWhileItIsRead()
    {
        m_folder->write("b.json", result(4));
        // The parser's start is the moment between hashing and reading.
        m_folder->write("child.sh",
            "#!/bin/sh\nprintf ' ' >> '" + m_folder->path("b.json")
                + "'\nexec '" PRISM_BIN_DIR "/prism-import'\n");
        QFile::setPermissions(QString::fromStdString(m_folder->path("child.sh")),
            QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        ImportRequest request;
        request.importChild = m_folder->path("child.sh");
        m_folder->import({ "b.json" }, request);
        const FileResult bad = m_folder->result("b.json");
        QCOMPARE(bad.outcome, Outcome::Refused);
        QVERIFY(bad.reason->reason.find("changed") != std::string::npos);
        QVERIFY(!bad.reason->remedy.empty());
        QCOMPARE(m_folder->sources(), std::string());
    }

    /// A regular file whose bytes cannot be read, as behind a mount that is gone: the memory of a process,
    /// where nothing is mapped at 0, fails with EIO.
    void aPulledMountBeforeItIsRead()
    {
        std::filesystem::create_symlink("/proc/self/mem", m_folder->path("b.json"));
        importWithNeighbours();
        const FileResult bad = m_folder->result("b.json");
        QCOMPARE(bad.outcome, Outcome::Refused);
        QVERIFY2(
            bad.reason->reason.find(std::strerror(EIO)) != std::string::npos, bad.reason->text().c_str());
        QVERIFY(!bad.reason->remedy.empty());
        QCOMPARE(m_folder->sources(), std::string("a.json c.json"));
    }

    void aPulledMountWhileItIsRead_data()
    {
        QTest::addColumn<QString>("importer");
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const char* importer, const std::string& bytes) {
            QTest::newRow(name) << importer << QByteArray::fromStdString(bytes);
        };
        const std::string json = result(4);
        std::string csv = "c,latency\n";
        for (int i = 0; i < 5000; ++i) {
            csv += std::to_string(i) + ",80\n";
        }
        row("a pulled mount, JSON", "vllm-serve", json);
        row("a pulled mount, JSON lines", "vllm-serve", json + json);
        row("a pulled mount, gzip", "vllm-serve", test::packed(json, test::Packing::Gzip));
        row("a pulled mount, CSV", "locust", csv);
        row("a pulled mount, text", "serving-text", csv);
        row("a pulled mount, Prometheus", "prometheus", snapshot(1000));
        row("a pulled mount, YAML", "llm-d-benchmark", "version: 0.2\nrun:\n  uid: x\nresults: {}\n");
    }
    /// At every eighth of the file: what was read by then is no shorter file.
    void aPulledMountWhileItIsRead()
    {
        QFETCH(QString, importer);
        QFETCH(QByteArray, bytes);
        if (!findImporter(importer.toStdString())) {
            QFAIL("there is no such importer");
        }
        for (qsizetype part = 0; part <= 8; ++part) {
            const auto good = static_cast<std::size_t>(bytes.size() * part / 8);
            test::RecordingSink sink;
            const auto open = unpacked(
                [&]() -> Result<std::unique_ptr<read::ByteSource>> {
                    return std::unique_ptr<read::ByteSource>(
                        std::make_unique<FailingSource>(bytes.toStdString(), good));
                },
                read::Budgets {});
            const ImportedText done = importText("b", open, sink, importer.toStdString());
            QVERIFY2(done.error && done.error->reason.find("Stale file handle") != std::string::npos,
                done.error ? done.error->text().c_str() : "read as if it were whole");
        }
    }

private:
    /// The bad file stands between two good ones.
    void importWithNeighbours()
    {
        m_folder->write("a.json", result(1));
        m_folder->write("c.json", result(2));
        m_folder->import();
        for (const char* neighbour : { "a.json", "c.json" }) {
            QCOMPARE(m_folder->result(neighbour).outcome, Outcome::Imported);
        }
    }

    std::unique_ptr<test::ImportedFolder> m_folder;
};

QTEST_GUILESS_MAIN(BadInputTest)
#include "tst_bad_input.moc"
