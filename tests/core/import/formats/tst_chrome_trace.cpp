// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/trace_writer.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>
#include <map>

using namespace prism;

namespace {

constexpr const char* kineto = R"({"schemaVersion":1,"deviceProperties":[{"id":0,"name":"Some GPU"}],
 "baseTimeNanoseconds":1700000000000000000,"traceEvents":[
 {"name":"process_name","ph":"M","pid":0,"tid":0,"args":{"name":"python3"}},
 {"name":"process_labels","ph":"M","pid":0,"tid":0,"args":{"labels":"GPU 0"}},
 {"name":"process_sort_index","ph":"M","pid":0,"tid":0,"args":{"sort_index":5000000}},
 {"name":"thread_name","ph":"M","pid":0,"tid":7,"args":{"name":"stream 7"}},
 {"name":"thread_name","ph":"M","pid":41,"tid":42,"args":{"name":"main"}},
 {"ph":"X","cat":"cpu_op","name":"aten::mm","pid":41,"tid":42,"ts":88511388202.765,"dur":12.5,"args":{"External id":3}},
 {"ph":"s","id":9,"pid":41,"tid":42,"ts":88511388203.001,"cat":"ac2g","name":"ac2g"},
 {"ph":"f","id":9,"pid":0,"tid":7,"ts":88511388210,"cat":"ac2g","name":"ac2g","bp":"e"},
 {"ph":"X","cat":"kernel","name":"gemm","pid":0,"tid":7,"ts":88511388210,"dur":1.0019,"args":{"stream":7}},
 {"ph":"C","name":"GPU 0 Utilization","pid":0,"ts":88511388210,"args":{"GPU Utilization":0.5}},
 {"name":"Record Window End","ph":"i","s":"g","pid":"","tid":"","ts":88511388300}
 ],"traceName":"x.json"}
)";

/// A trace of one thread with these events.
std::string bare(const std::string& events)
{
    return '[' + events + "]\n";
}

std::size_t spanNamed(const Trace& trace, const std::string& name)
{
    const SpanColumns& spans = trace.events.spans;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (trace.sheet.names[spans.name[i]].text == name) {
            return i;
        }
    }
    return spans.size();
}

} // namespace

class ChromeTraceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsKineto();
    void placesLeadBack();
    void keepsEveryNanosecond_data();
    void keepsEveryNanosecond();
    void pairsBeginsWithEnds();
    void pairsAsynchronousSpans();
    void joinsArrows();
    void acceptsWhatAKilledProfilerLeaves_data();
    void acceptsWhatAKilledProfilerLeaves();
    void refusesDamageInTheMiddle();
    void idsMayBeTextsOrNull();
    void saysWhatIsOddAboutTimes();
    void namesOfInvalidBytesAreReadable();
    void duplicateKeysCountOnce();
    void refusesExecutionTraces();
    void leavesOutWhatIsBeyondTheBudget();
    void countersOfOneNameAreApartByTheirIds();
    void anEmptyEventAtTheEndIsNone();
};

void ChromeTraceTest::readsKineto()
{
    const auto r = test::readText(kineto, "rank0.pt.trace.json");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("trace-torch"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("events"), 11u);
    QCOMPARE(r.sink.counts.at("spans"), 3u);
    QCOMPARE(r.sink.counts.at("flows"), 2u);
    const Trace& trace = r.sink.trace;
    QCOMPARE(trace.sheet.unixNs.value_or(0), 1'700'000'000'000'000'000);
    const std::size_t gemm = spanNamed(trace, "gemm");
    const SpanColumns& spans = trace.events.spans;
    QVERIFY(gemm < spans.size());
    const TraceSheet::Lane& lane = trace.sheet.lanes[spans.lane[gemm]];
    QCOMPARE(lane.process, std::string("python3, GPU 0"));
    QCOMPARE(lane.thread, std::string("stream 7"));
    QCOMPARE(lane.processOrder, 5'000'000);
    QCOMPARE(trace.sheet.categories[trace.sheet.names[spans.name[gemm]].category], std::string("kernel"));
    QCOMPARE(spans.startNs[gemm], 88'511'388'210'000);
    QCOMPARE(spans.durationNs[gemm], 1001);
    const TraceSheet::Lane& cpu = trace.sheet.lanes[spans.lane[spanNamed(trace, "aten::mm")]];
    QCOMPARE(cpu.process, std::string("process 41"));
    QCOMPARE(cpu.thread, std::string("main (42)"));
    const auto& series = r.sink.seriesOf.at(0);
    QCOMPARE(series.size(), 1u);
    QCOMPARE(series[0].values, std::vector<double> { 0.5 });
    QCOMPARE(series[0].seconds, std::vector<double> { 7235e-9 }); // since the first event
    QVERIFY(r.sink.warnings.empty());
}

void ChromeTraceTest::placesLeadBack()
{
    const auto r = test::readText(kineto, "t.json");
    const std::size_t gemm = spanNamed(r.sink.trace, "gemm");
    const std::string_view text(kineto);
    QVERIFY(text.substr(r.sink.trace.events.spans.place[gemm]).starts_with(R"({"ph":"X","cat":"kernel")"));
}

void ChromeTraceTest::keepsEveryNanosecond_data()
{
    QTest::addColumn<QByteArray>("ts");
    QTest::addColumn<qint64>("ns");
    QTest::newRow("epoch") << QByteArray("1740461679479712") << qint64(1'740'461'679'479'712'000);
    QTest::newRow("fraction") << QByteArray("1740461679479712.125") << qint64(1'740'461'679'479'712'125);
    QTest::newRow("more digits") << QByteArray("88511388202.7659") << qint64(88'511'388'202'765);
    QTest::newRow("text") << QByteArray("\"12.5\"") << qint64(12'500);
    QTest::newRow("exponent") << QByteArray("1.5e3") << qint64(1'500'000);
    QTest::newRow("negative") << QByteArray("-2.5") << qint64(-2500);
}

void ChromeTraceTest::keepsEveryNanosecond()
{
    QFETCH(QByteArray, ts);
    const auto r = test::readText(
        bare(R"({"ph":"X","name":"a","pid":1,"tid":1,"dur":1,"ts":)" + ts.toStdString() + "}"), "t.json");
    QCOMPARE(r.importer, std::string("trace-chrome"));
    QCOMPARE(r.sink.trace.events.spans.size(), 1u);
    QTEST(qint64(r.sink.trace.events.spans.startNs[0]), "ns");
}

void ChromeTraceTest::pairsBeginsWithEnds()
{
    const auto r = test::readText(bare(R"({"ph":"B","name":"outer","pid":1,"tid":1,"ts":10},
 {"ph":"B","name":"inner","pid":1,"tid":1,"ts":11},{"ph":"B","name":"other","pid":1,"tid":2,"ts":11},
 {"ph":"E","pid":1,"tid":1,"ts":13},{"ph":"E","pid":1,"tid":1,"ts":20},{"ph":"E","pid":1,"tid":1,"ts":21})"),
        "t.json");
    const SpanColumns& spans = r.sink.trace.events.spans;
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "outer")], 10'000);
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "inner")], 2'000);
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "other")], SpanColumns::open);
    QVERIFY(r.sink.warned("no-begin"));
    QVERIFY(r.sink.warned("no-end"));
}

void ChromeTraceTest::pairsAsynchronousSpans()
{
    const auto r = test::readText(bare(R"({"ph":"b","cat":"req","id":"0x1","name":"a","pid":1,"tid":1,"ts":0},
 {"ph":"b","cat":"req","id":"0x2","name":"b","pid":1,"tid":2,"ts":1},
 {"ph":"n","cat":"req","id":"0x2","name":"mark","pid":1,"tid":2,"ts":2},
 {"ph":"e","cat":"req","id":"0x1","name":"a","pid":1,"tid":3,"ts":5},
 {"ph":"e","cat":"req","id":"0x2","name":"b","pid":1,"tid":3,"ts":9})"),
        "t.json");
    const SpanColumns& spans = r.sink.trace.events.spans;
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "a")], 5'000);
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "b")], 8'000);
    QCOMPARE(spans.durationNs[spanNamed(r.sink.trace, "mark")], 0);
    QCOMPARE(r.sink.trace.sheet.lanes.size(), 1u);
    QCOMPARE(r.sink.trace.sheet.lanes[0].thread, std::string("req"));
}

void ChromeTraceTest::joinsArrows()
{
    const auto r = test::readText(bare(R"({"ph":"s","cat":"a","id":1,"name":"x","pid":1,"tid":1,"ts":0},
 {"ph":"s","cat":"b","id":1,"name":"x","pid":1,"tid":1,"ts":1},
 {"ph":"f","cat":"a","id":1,"name":"x","pid":2,"tid":2,"ts":5},
 {"ph":"X","bind_id":"0x9","flow_out":true,"name":"y","pid":1,"tid":1,"ts":6,"dur":1},
 {"ph":"X","bind_id":"0x9","flow_in":true,"name":"z","pid":1,"tid":1,"ts":9,"dur":1})"),
        "t.json");
    const FlowColumns& flows = r.sink.trace.events.flows;
    QCOMPARE(flows.size(), 5u);
    QCOMPARE(flows.id[0], flows.id[2]);
    QVERIFY(flows.id[0] != flows.id[1]);
    QCOMPARE(flows.id[3], flows.id[4]);
}

void ChromeTraceTest::acceptsWhatAKilledProfilerLeaves_data()
{
    const QByteArray event = R"({"ph":"X","name":"a","pid":1,"tid":1,"ts":1,"dur":1})";
    const QByteArray begun = R"({"traceEvents":[)";
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("events");
    QTest::addColumn<bool>("cut");
    QTest::newRow("comma before the bracket") << '[' + event + ",\n" + event + ",\n]\n" << 2 << false;
    QTest::newRow("comma, object") << begun + event + ",\n" + event + ",]}\n" << 2 << false;
    QTest::newRow("no bracket") << "[\n" + event + ",\n" + event + '\n' << 2 << true;
    QTest::newRow("no bracket, comma") << "[\n" + event + ",\n" + event + ",\n" << 2 << true;
    QTest::newRow("no bracket, object") << begun + '\n' + event + ",\n" + event << 2 << true;
    QTest::newRow("within an event") << begun + '\n' + event + ",\n" + event.left(30) << 1 << true;
    QTest::newRow("within a time") << "[\n" + event + ",\n" + event.left(event.size() - 9) << 1 << true;
    QTest::newRow("behind the events") << begun + '\n' + event + R"(],"traceNa)" << 1 << true;
    QTest::newRow("no events") << begun + "]}" << 0 << false;
}

void ChromeTraceTest::acceptsWhatAKilledProfilerLeaves()
{
    QFETCH(QByteArray, text);
    QFETCH(int, events);
    QFETCH(bool, cut);
    const auto r = test::readText(text.toStdString(), "t.json");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("trace-chrome"));
    QCOMPARE(int(r.sink.counts.at("events")), events);
    QCOMPARE(int(r.sink.trace.events.spans.size()), events);
    QCOMPARE(r.sink.warned("truncated"), cut);
}

void ChromeTraceTest::refusesDamageInTheMiddle()
{
    const auto r
        = test::readText("{\"traceEvents\":[\n{\"ph\":\"X\",\"ts\":1,\"pid\":1},\n{\"ph\":;},\n]}", "t.json");
    QVERIFY(r.error);
    QCOMPARE(r.error->place, std::string("3:7"));
}

void ChromeTraceTest::idsMayBeTextsOrNull()
{
    const auto r
        = test::readText(bare(R"({"ph":"X","name":"a","pid":"Spans","tid":"python 12","ts":1,"dur":1},
 {"ph":"X","name":"b","pid":null,"tid":null,"ts":2,"dur":1},
 {"ph":"X","name":"c","pid":7,"tid":"7","ts":3,"dur":1},{"ph":"X","name":"d","pid":7,"tid":7,"ts":4,"dur":1})"),
            "t.json");
    const Trace& trace = r.sink.trace;
    QCOMPARE(trace.sheet.lanes.size(), 3u); // "7" and 7 are one thread
    QCOMPARE(trace.sheet.lanes[0].process, std::string("Spans"));
    QCOMPARE(trace.sheet.lanes[0].thread, std::string("python 12"));
    QCOMPARE(trace.events.spans.lane[2], trace.events.spans.lane[3]);
}

void ChromeTraceTest::saysWhatIsOddAboutTimes()
{
    const auto r
        = test::readText(bare(R"({"ph":"X","name":"late","pid":1,"tid":1,"ts":1740461679479712,"dur":5},
 {"ph":"X","name":"early","pid":1,"tid":1,"ts":1740461679479700,"dur":-3},
 {"ph":"X","name":"minus one","pid":1,"tid":1,"ts":1740461679479700,"dur":-0.001},
 {"ph":"X","name":"far","pid":1,"tid":1,"ts":12,"dur":1},{"ph":"X","name":"never","pid":1,"tid":1,"dur":1})"),
            "t.json");
    const SpanColumns& spans = r.sink.trace.events.spans;
    QCOMPARE(spans.size(), 4u);
    QCOMPARE(spans.durationNs[1], 0);
    QCOMPARE(spans.durationNs[2], 0);
    QVERIFY(r.sink.warned("negative-duration"));
    QVERIFY(r.sink.warned("clock-jumps"));
    QVERIFY(r.sink.warned("no-time"));
    QCOMPARE(r.sink.counts.at("events"), 5u);
    const auto calm = test::readText(kineto, "t.json");
    QVERIFY(!calm.sink.warned("clock-jumps"));
}

void ChromeTraceTest::namesOfInvalidBytesAreReadable()
{
    const auto r = test::readText(bare("{\"ph\":\"X\",\"name\":\"f\xff\xfeg\",\"cat\":\"python_function\","
                                       "\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":1}"),
        "t.json");
    QVERIFY(!r.error);
    QCOMPARE(r.sink.trace.sheet.names[0].text, std::string("f\xef\xbf\xbd\xef\xbf\xbdg"));
    QVERIFY(r.sink.warned("invalid-characters"));
}

void ChromeTraceTest::duplicateKeysCountOnce()
{
    const auto r = test::readText(
        bare(R"({"ph":"X","name":"a","name":"b","pid":1,"tid":1,"ts":1,"dur":1,"dur":2})"), "t.json");
    QCOMPARE(r.sink.trace.sheet.names[0].text, std::string("b"));
    QCOMPARE(r.sink.trace.events.spans.durationNs[0], 2000);
    QVERIFY(r.sink.warned("duplicate-keys"));
}

void ChromeTraceTest::refusesExecutionTraces()
{
    const auto r = test::readText(
        R"({"schema":"1.0.2-chakra.0.0.4","pid":1,"time":"t","nodes":[{"id":1,"name":"[pytorch|profiler]"}]})",
        "et.json");
    QVERIFY(r.error);
    QVERIFY(r.error->reason.find("execution trace") != std::string::npos);
    QVERIFY(!r.error->remedy.empty());
}

void ChromeTraceTest::leavesOutWhatIsBeyondTheBudget()
{
    // The writer alone: a text of so many events would be hundreds of megabytes.
    test::RecordingSink sink;
    TraceWriter writer(sink);
    const std::uint32_t lane = writer.lane("1", "1");
    const std::uint32_t name = writer.name("a", "");
    for (std::size_t i = 0; i < mostSpansOfTrace + 3; ++i) {
        writer.span(lane, name, std::int64_t(i), 1, i);
    }
    writer.finish({}, [](const std::string& p, const std::string& t) {
        return TraceSheet::Lane { p, t, 0, 0 };
    });
    QCOMPARE(sink.trace.events.spans.size(), mostSpansOfTrace);
    QCOMPARE(writer.spans(), mostSpansOfTrace + 3);
    QVERIFY(sink.warned("too-many-spans"));
}

void ChromeTraceTest::countersOfOneNameAreApartByTheirIds()
{
    const auto r
        = test::readText(bare(R"({"ph":"C","name":"queue","pid":1,"id":"a","ts":1,"args":{"value":3}},
 {"ph":"C","name":"queue","pid":1,"id":"b","ts":1,"args":{"value":9}},
 {"ph":"C","name":"queue","pid":1,"id":"a","ts":2,"args":{"value":4}})"),
            "t.json");
    std::map<std::string, std::vector<double>> values;
    for (const TimeSeries& series : r.sink.seriesOf.at(0)) {
        values[series.name] = series.values;
    }
    const std::map<std::string, std::vector<double>> wanted { { "process 1: queue (a)", { 3, 4 } },
        { "process 1: queue (b)", { 9 } } };
    QVERIFY(values == wanted);
}

void ChromeTraceTest::anEmptyEventAtTheEndIsNone()
{
    const auto r = test::readText(
        R"({"displayTimeUnit":"ns","traceEvents":[{"ph":"X","name":"k","pid":1,"tid":1,"ts":1,"dur":2},{}]})",
        "x.trace.json");
    QCOMPARE(r.sink.counts.at("spans"), 1u);
    QVERIFY(!r.sink.warned("no-time"));
}

QTEST_GUILESS_MAIN(ChromeTraceTest)
#include "tst_chrome_trace.moc"
