// SPDX-License-Identifier: GPL-3.0-or-later
// A session exported as a trace: by the rules of the Trace Event Format, and as our own importer reads it
// back.
#include "core/export/live_files.h"
#include "core/live/recording.h"
#include "tests/support/made_stream.h"
#include "tests/support/recording_sink.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>
#include <utility>

using namespace prism;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

/// A clock that has run for a year and stands between two microseconds.
constexpr std::int64_t origin = 365 * 24 * 3'600 * second + 123'456'789;

void targets(live::Recording& recording)
{
    recording.session("fake", "here");
    for (const std::uint32_t number : { 1u, 2u }) {
        live::Target target;
        target.number = number;
        target.server.pid = 100 * number;
        target.server.engine = number == 1 ? "router" : "vllm";
        target.start = { origin };
        target.startUnixNs = 1'700'000'000'000'000'000;
        recording.target(target);
    }
}

/// Two at a time, the first of which begins with a token that has no text; their engine, threads, counters.
void direct(MadeStream& stream)
{
    const std::int64_t from = origin + 10 * second;
    for (std::uint64_t connection : { 20u, 21u }) {
        stream.connection(from, connection, wire::ConnectionRole::Server, 8000,
            static_cast<std::uint16_t>(40'000 + connection));
        ScriptedRequest script;
        script.connection = connection;
        script.arrival = from + std::int64_t(connection) * millisecond;
        stream.asked(script);
        stream.head(script, script.arrival + 5 * millisecond);
        stream.chunk(script, 0, script.arrival + 20 * millisecond, 0, connection == 20 ? 0 : 1,
            connection == 20 ? 1 : 0);
        stream.chunk(script, 1, script.arrival + 40 * millisecond, 0, 1);
        stream.chunk(script, 2, script.arrival + 70 * millisecond, 0, 1);
        stream.end(script, script.arrival + 71 * millisecond, 3, 3, 3);
    }
    wire::EngineStep step {};
    step.phase = static_cast<std::uint8_t>(wire::StepPhase::Decode);
    step.kvPermille = 500;
    stream.add(wire::Source::Engine, from, step, 0, 0, 8'000'001);
    stream.add(wire::Source::Engine, from + 20 * millisecond, step, 0, 0, 8'000'001);
    for (int i = 0; i < 4; ++i) {
        const std::int64_t at = from + i * millisecond;
        stream.add(wire::Source::Scheduler, at,
            wire::Sched { std::uint64_t(at + millisecond), 0, std::uint8_t(i % 2), 0, 0 }, 0, 777,
            millisecond);
    }
    stream.add(wire::Source::Metrics, from,
        wire::Sample { static_cast<std::uint16_t>(wire::SampleMetric::EngineRunning), 0, 0, 2 });
    wire::Loss loss {};
    loss.program = stream.text("on_sent");
    loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
    loss.attempted = loss.dropped = 12;
    stream.add(wire::Source::Supervisor, from + second, loss);
    stream.clock(from + 2 * second);
    stream.clock(from + 3 * second, 60 * second); // it slept
}

struct Span {
    std::string name;
    std::int64_t startNs, lengthNs;
    auto operator<=>(const Span&) const = default;
};

/// Nanoseconds by the digits of the event's line: a double does not hold those of a clock that runs for a
/// year.
std::int64_t exact(const QString& line, const char* member)
{
    const QRegularExpression number(
        QStringLiteral("\"%1\":(\\d+)(?:\\.(\\d{3}))?[,}]").arg(QLatin1String(member)));
    const auto match = number.match(line);
    return match.captured(1).toLongLong() * 1000 + match.captured(2).toLongLong();
}

} // namespace

class TestLiveTrace : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        live::Recording recording(64u << 20);
        targets(recording);
        MadeStream stream;
        prism::test::routed(stream, origin);
        direct(stream);
        recording.records(stream.take());
        recording.mark({ 1, { origin + 2 * second }, Nanoseconds { origin + 4 * second }, "slow" });
        recording.mark({ 2, { origin + 3 * second }, Nanoseconds { origin + 5 * second }, "slower" });
        recording.mark({ 3, { origin + 3 * second }, {}, "here" });
        QTemporaryDir folder;
        const std::string file = folder.filePath("a.prismlive").toStdString();
        QVERIFY(recording.open(file) && recording.close());
        auto session = live::Session::replay(file, 0, live::Budgets::everything());
        QVERIFY(session);
        QVERIFY(QTest::qWaitFor([&] { return (*session)->status().phase == live::Phase::Ended; }, 60000));
        QCOMPARE((*session)->since({}).ended.size(), std::size_t(3 * 3 + 2));
        writeChromeTrace(**session, [this](std::string_view text) { m_text += text; });
        QJsonParseError error;
        m_events = QJsonDocument::fromJson(QByteArray::fromStdString(m_text), &error)
                       .object()["traceEvents"]
                       .toArray();
        QVERIFY2(error.error == QJsonParseError::NoError, qPrintable(error.errorString()));
        QVERIFY(!m_events.isEmpty());
        m_lines = QString::fromStdString(m_text).split(QLatin1Char('\n')).mid(1); // one an event
        QVERIFY(m_lines.size() >= m_events.size());
    }

    void eachEventHasWhatItsKindNeeds()
    {
        QMap<QString, int> kinds;
        QMap<QString, int> open; // of asynchronous spans
        QMap<qint64, QStringList> arrows;
        for (const QJsonValue event : std::as_const(m_events)) {
            const QByteArray text = QJsonDocument(event.toObject()).toJson(QJsonDocument::Compact);
            const QString kind = event["ph"].toString();
            ++kinds[kind];
            QVERIFY2(event["pid"].isDouble() && event["tid"].isDouble(), text.constData());
            QVERIFY2(event["name"].isString() && !event["name"].toString().isEmpty(), text.constData());
            if (kind == "M") {
                QVERIFY2(event["name"] == "process_name" || event["name"] == "thread_name", text.constData());
                QVERIFY2(event["args"]["name"].isString(), text.constData());
                continue;
            }
            QVERIFY2(event["ts"].isDouble() && event["ts"].toDouble() >= 0, text.constData());
            if (kind == "X") {
                QVERIFY2(event["dur"].isDouble() && event["dur"].toDouble() >= 0, text.constData());
            } else if (kind == "i") {
                QVERIFY2(event["s"] == "g" || event["s"] == "t", text.constData());
            } else if (kind == "C") {
                const QJsonObject values = event["args"].toObject();
                QVERIFY2(!values.isEmpty(), text.constData());
                for (const QJsonValue value : values) {
                    QVERIFY2(value.isDouble(), text.constData());
                }
            } else if (kind == "b" || kind == "e") {
                QVERIFY2(event["id"].isDouble() && event["cat"].isString(), text.constData());
                open[event["cat"].toString() + event["id"].toVariant().toString()] += kind == "b" ? 1 : -1;
            } else if (kind == "s" || kind == "f") {
                QVERIFY2(event["cat"].isString(), text.constData());
                QVERIFY2(kind == "s" || event["bp"] == "e", text.constData());
                arrows[event["id"].toInteger()] << kind;
            } else {
                QFAIL(text.constData());
            }
        }
        for (const char* kind : { "X", "i", "C", "M", "b", "e", "s", "f" }) {
            QVERIFY2(kinds[QLatin1String(kind)] > 0, kind);
        }
        for (const int still : std::as_const(open)) {
            QCOMPARE(still, 0);
        }
        QCOMPARE(arrows.size(), 6); // two hops each
        for (const QStringList& ends : std::as_const(arrows)) {
            QCOMPARE(ends, QStringList({ "s", "f" }));
        }
    }

    /// Perfetto and Chrome stack the spans of a row: each lies within the one below it or behind it.
    void spansOfARowNest()
    {
        std::map<std::pair<qint64, qint64>, std::vector<Span>> rows;
        for (qsizetype i = 0; i < m_events.size(); ++i) {
            const QJsonValue event = m_events.at(i);
            if (event["ph"] == "X") {
                rows[{ event["pid"].toInteger(), event["tid"].toInteger() }].push_back(spanOf(i));
            }
        }
        QVERIFY(rows.size() > 3);
        for (auto& [row, spans] : rows) {
            std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
                return std::pair(a.startNs, -a.lengthNs) < std::pair(b.startNs, -b.lengthNs);
            });
            std::vector<Span> stack;
            for (const Span& span : spans) {
                while (!stack.empty() && stack.back().startNs + stack.back().lengthNs <= span.startNs) {
                    stack.pop_back();
                }
                const std::int64_t end = span.startNs + span.lengthNs;
                QVERIFY2(stack.empty() || end <= stack.back().startNs + stack.back().lengthNs,
                    (stack.empty() ? "" : stack.back().name + " and " + span.name).c_str());
                stack.push_back(span);
            }
        }
    }

    void ourImporterReadsEverySpanBack()
    {
        std::vector<Span> written;
        for (qsizetype i = 0; i < m_events.size(); ++i) {
            const QString kind = m_events.at(i)["ph"].toString();
            if (kind == "X" || kind == "i") {
                written.push_back(spanOf(i));
            }
        }
        written.push_back({ "slow", origin + 2 * second, 2 * second });
        written.push_back({ "slower", origin + 3 * second, 2 * second });
        const auto read = test::readText(m_text, "session.json");
        QVERIFY2(!read.error, read.error ? read.error->text().c_str() : "");
        QCOMPARE(read.importer, std::string("trace-chrome"));
        QVERIFY2(read.sink.warnings.empty(),
            read.sink.warnings.empty() ? "" : read.sink.warnings.front().text.c_str());
        const SpanColumns& spans = read.sink.trace.events.spans;
        std::vector<Span> got;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            got.push_back(
                { read.sink.trace.sheet.names[spans.name[i]].text, spans.startNs[i], spans.durationNs[i] });
        }
        std::sort(written.begin(), written.end());
        std::sort(got.begin(), got.end());
        QCOMPARE(got.size(), written.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            QVERIFY2(got[i] == written[i],
                (got[i].name + ' ' + std::to_string(got[i].startNs) + ' ' + std::to_string(got[i].lengthNs)
                    + ", not " + written[i].name + ' ' + std::to_string(written[i].startNs) + ' '
                    + std::to_string(written[i].lengthNs))
                    .c_str());
        }
        QCOMPARE(read.sink.counts.at("flows"), 12u);
        // Every request to the nanosecond, whatever a double would keep of it.
        const auto at = [&](const Span& wanted) { return std::ranges::count(got, wanted); };
        QCOMPARE(
            at({ "POST /v1/chat/completions", origin + 10 * second + 20 * millisecond, 71 * millisecond }),
            1);
        QCOMPARE(
            at({ "POST /v1/chat/completions", origin + 10 * second + 21 * millisecond, 71 * millisecond }),
            1);
        QCOMPARE(at({ "decode", origin + 10 * second + 40 * millisecond, 50 * millisecond }), 1);
        QCOMPARE(at({ "decode", origin + 10 * second, 8'000'001 }), 1); // the engine's
        QVERIFY(!read.sink.seriesOf.empty());
    }

private:
    Span spanOf(qsizetype i) const
    {
        return { m_events.at(i)["name"].toString().toStdString(), exact(m_lines[i], "ts"),
            exact(m_lines[i], "dur") };
    }

    std::string m_text;
    QJsonArray m_events;
    QStringList m_lines; ///< of the events
};

QTEST_GUILESS_MAIN(TestLiveTrace)
#include "tst_live_trace.moc"
