// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;

namespace {

std::string otlp(const std::string& spans)
{
    return R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"vllm-server"}}]},
 "scopeSpans":[{"scope":{"name":"vllm.llm_engine"},"spans":[)"
        + spans + "]}]}]}\n";
}

std::string llmRequest(int i, const char* tokens = "\"intValue\":\"64\"")
{
    const std::string second = std::to_string(1'700'000'000 + i);
    return R"({"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","name":"llm_request","kind":2,
 "startTimeUnixNano":")"
        + second + R"(000000000","endTimeUnixNano":")" + second + R"(500000000","attributes":[
 {"key":"gen_ai.response.model","value":{"stringValue":"m"}},
 {"key":"gen_ai.usage.prompt_tokens","value":{"intValue":"512"}},
 {"key":"gen_ai.usage.completion_tokens","value":{)"
        + tokens + R"(}},
 {"key":"gen_ai.latency.time_to_first_token","value":{"doubleValue":0.1}},
 {"key":"gen_ai.request.id","value":{"stringValue":"chatcmpl-)"
        + std::to_string(i) + R"("}},
 {"key":"gen_ai.latency.time_in_queue","value":{"doubleValue":0.02}},
 {"key":"gen_ai.latency.e2e","value":{"doubleValue":0.5}},
 {"key":"gen_ai.prompt","value":{"stringValue":"a secret"}}]})";
}

std::string everything(const test::RecordingSink& sink)
{
    std::string all;
    for (const LoadPoint& point : sink.points) {
        for (const Extra& extra : point.extras) {
            all += extra.text;
        }
        for (const Attribute& attribute : point.attributes) {
            all += toText(attribute.value);
        }
    }
    for (const auto& [point, rows] : sink.requests) {
        for (const RequestRow& row : rows) {
            all += row.error;
        }
    }
    for (const TraceSheet::Name& name : sink.trace.sheet.names) {
        all += name.text;
    }
    return all;
}

} // namespace

class OtelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void kindsOfCallsAreBounded()
    {
        std::string spans;
        for (int i = 0; i < 1003; ++i) {
            std::string span = llmRequest(i);
            const std::string model = "{\"stringValue\":\"m\"}";
            span.replace(span.find(model), model.size(), "{\"stringValue\":\"m" + std::to_string(i) + "\"}");
            spans += (i == 0 ? "" : ",") + span;
        }
        const test::Read r = test::readText(otlp(spans), "a.json");
        QCOMPARE(r.sink.points.size(), std::size_t(1000));
        QVERIFY(r.sink.warned("too-many-kinds"));
        QVERIFY(std::any_of(r.sink.warnings.begin(), r.sink.warnings.end(),
            [](const Warning& w) { return w.text.starts_with("3 calls are left out"); }));
    }

    void spansWithoutAnOperation()
    {
        std::string text = llmRequest(0);
        text.replace(text.find("llm_request"), 11, "chat m");
        const auto r = test::readText(otlp(text + ',' + llmRequest(1)), "t.json");
        std::size_t rows = 0;
        for (const auto& [point, all] : r.sink.requests) {
            rows += all.size();
        }
        QCOMPARE(rows, std::size_t(2));
    }

    /// A chain repeats what the call below it says, also over a span between them and in either order.
    void ofAChainTheInnermostCounts()
    {
        const auto span = [](const char* id, const char* parent, const char* attributes) {
            return std::string("{\"traceId\":\"t\",\"spanId\":\"") + id + "\",\"parentSpanId\":\"" + parent
                + "\",\"name\":\"s\",\"startTimeUnixNano\":\"1700000000000000000\",\"endTimeUnixNano\":"
                  "\"1700000001000000000\",\"attributes\":["
                + attributes + "]}";
        };
        const char* tokens = "{\"key\":\"gen_ai.request.model\",\"value\":{\"stringValue\":\"m\"}},"
                             "{\"key\":\"gen_ai.usage.output_tokens\",\"value\":{\"intValue\":\"50\"}}";
        const std::string chain = span("a", "", tokens);
        const std::string between = span("b", "a", "");
        const std::string call = span("c", "b", tokens);
        const std::string other = span("d", "x", tokens);
        for (const std::string& text : { chain + ',' + between + ',' + call + ',' + other,
                 call + ',' + other + ',' + between + ',' + chain }) {
            const auto r = test::readText(otlp(text), "t.json");
            QVERIFY(!r.error);
            QCOMPARE(r.sink.points.size(), std::size_t(1));
            QCOMPARE(r.sink.value(0, "requests"), 2.0);
            QCOMPARE(r.sink.value(0, "output_tokens"), 100.0);
        }
    }

    void aKindHasTwoSpellings()
    {
        std::string named = llmRequest(1);
        named.replace(named.find("\"kind\":2"), 8, "\"kind\":\"SPAN_KIND_SERVER\"");
        const auto r = test::readText(otlp(llmRequest(0) + ',' + named), "t.json");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
    }

    void theScopeTellsTheEngine_data()
    {
        QTest::addColumn<QByteArray>("scope");
        QTest::addColumn<QByteArray>("engine");
        QTest::newRow("vLLM") << QByteArray("vllm.tracing.otel") << QByteArray("vllm");
        QTest::newRow("TensorRT-LLM") << QByteArray("trt.llm") << QByteArray("trtllm");
        QTest::newRow("SGLang") << QByteArray("sglang server") << QByteArray("sglang");
        QTest::newRow("some other") << QByteArray("vllmish") << QByteArray();
    }
    void theScopeTellsTheEngine()
    {
        QFETCH(QByteArray, scope);
        QFETCH(QByteArray, engine);
        std::string text = otlp(llmRequest(0));
        const std::string known = "vllm.llm_engine";
        text.replace(text.find(known), known.size(), scope.toStdString());
        const auto r = test::readText(text, "t.json");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "engine"), engine.toStdString());
    }

    void spansAndMetricsInOneFile_data()
    {
        QTest::addColumn<QByteArray>("text");
        const auto line = [](std::string text) {
            std::replace(text.begin(), text.end(), '\n', ' ');
            return QByteArray::fromStdString(text) + '\n';
        };
        const QByteArray spans = line(otlp(llmRequest(0)));
        const QByteArray metrics = line(
            R"({"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":[{"metrics":[
 {"name":"gen_ai.server.time_to_first_token","unit":"s","histogram":{"aggregationTemporality":1,"dataPoints":[
 {"timeUnixNano":"1700000000000000000","count":"10","sum":1.5}]}},
 {"name":"process.cpu.time","sum":{"dataPoints":[{"asDouble":1}]}}]}]}]})");
        const QByteArray logs
            = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]})"
              "\n";
        QTest::newRow("spans first") << spans + metrics + logs;
        QTest::newRow("metrics first") << metrics + logs + spans;
        QTest::newRow("log records first") << logs + spans + metrics;
    }
    void spansAndMetricsInOneFile()
    {
        QFETCH(QByteArray, text);
        const auto r = test::readText(text.toStdString(), "all.jsonl");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.importer, std::string("otel"));
        QVERIFY(!r.sink.attached);
        QCOMPARE(r.sink.counts.at("spans"), 1u);
        QCOMPARE(r.sink.counts.at("samples"), 2u);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.points[0].index, 0u);
        QCOMPARE(r.sink.points[1].index, 1u);
        QCOMPARE(r.sink.value(0, "requests"), 1.0);
        QCOMPARE(r.sink.value(1, "ttft", "count"), 10.0);
        QVERIFY(r.sink.warned("log-records"));
    }

    void logRecordsAloneAreNoResult()
    {
        const auto r = test::readText(
            R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]})",
            "logs.json");
        QCOMPARE(r.importer, std::string());
    }

    void theFirstChunkOfAClient()
    {
        std::string span = llmRequest(0);
        const std::string known = "gen_ai.latency.time_to_first_token";
        span.replace(span.find(known), known.size(), "gen_ai.response.time_to_first_chunk");
        QCOMPARE(test::readText(otlp(span), "t.json").sink.value(0, "ttft", "mean"), 100.0);
    }

    void vllmSpansBecomeRequests();
    void linesAndArraysOfExports_data();
    void linesAndArraysOfExports();
    void plainSpansAreATimeline();
    void flatTraces();
    void consoleSpans();
    void chunksGiveGaps();
    void failuresCountAndHaveNoLatency();
    void clientAndServerStayApart();
    void contentIsNotKept();
    void timesWithoutAZoneAreNotUtc();
};

void OtelTest::vllmSpansBecomeRequests()
{
    const auto r = test::readText(otlp(llmRequest(0) + ',' + llmRequest(1)), "traces.json");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("otel"));
    QVERIFY(!r.sink.attached);
    QCOMPARE(r.sink.counts.at("spans"), 2u);
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
    QCOMPARE(r.sink.attribute(0, "engine"), std::string("vllm"));
    QCOMPARE(r.sink.attribute(0, "started_at"), std::string("2023-11-14T22:13:20.000Z"));
    QCOMPARE(r.sink.value(0, "requests"), 2.0);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 100.0);
    QCOMPARE(r.sink.value(0, "e2e", "mean"), 500.0);
    QCOMPARE(r.sink.value(0, "queue_time", "mean"), 20.0);
    QCOMPARE(r.sink.value(0, "tpot", "mean"), 400.0 / 63);
    QCOMPARE(r.sink.value(0, "duration"), 1.5);
    QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->origin, Origin::Derived);
    const auto& rows = r.sink.requests.at(0);
    QCOMPARE(rows.size(), 2u);
    QCOMPARE(rows[1].start->value, 1.0);
    QCOMPARE(rows[1].isl.value_or(0), 512);
    QCOMPARE(rows[1].osl.value_or(0), 64);
    QCOMPARE(rows[1].id, std::string("chatcmpl-1"));
    QCOMPARE(r.sink.trace.events.spans.size(), 2u);
    QCOMPARE(r.sink.trace.sheet.lanes[0].process, std::string("vllm-server"));
    QCOMPARE(r.sink.trace.events.spans.startNs[1], 1'700'000'001'000'000'000);
    QCOMPARE(r.sink.trace.events.spans.durationNs[1], 500'000'000);
}

void OtelTest::linesAndArraysOfExports_data()
{
    QTest::addColumn<QByteArray>("text");
    const QByteArray first = QByteArray::fromStdString(otlp(llmRequest(0))).replace('\n', ' ');
    const QByteArray second = QByteArray::fromStdString(otlp(llmRequest(1))).replace('\n', ' ');
    QTest::newRow("lines") << first + '\n' + second + '\n';
    QTest::newRow("array") << '[' + first + ',' + second + "]\n";
    QTest::newRow("old scopes") << QByteArray('[' + first + ',' + second + "]\n")
                                       .replace("scopeSpans", "instrumentationLibrarySpans")
                                       .replace("\"scope\"", "\"instrumentationLibrary\"");
}

void OtelTest::linesAndArraysOfExports()
{
    QFETCH(QByteArray, text);
    const auto r = test::readText(text.toStdString(), "traces.jsonl");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.value(0, "requests"), 2.0);
    QCOMPARE(r.sink.requests.at(0).size(), 2u);
}

void OtelTest::plainSpansAreATimeline()
{
    const auto r
        = test::readText(otlp(R"({"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=","name":"GET /",
 "startTimeUnixNano":1544712660000000123,"endTimeUnixNano":"1544712661000000000","kind":"SPAN_KIND_SERVER"},
 {"name":"backwards","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712650000000000"},
 {"name":"never"})"),
            "trace.json");
    QVERIFY(r.sink.attached);
    QVERIFY(r.sink.points.empty());
    QCOMPARE(r.sink.counts.at("spans"), 3u);
    QCOMPARE(r.sink.trace.events.spans.size(), 2u);
    QCOMPARE(r.sink.trace.events.spans.startNs[0], 1'544'712'660'000'000'123);
    QVERIFY(r.sink.warned("negative-duration"));
    QVERIFY(r.sink.warned("no-time"));
    QCOMPARE(r.sink.trace.sheet.unixNs.value_or(-1), 0);
}

void OtelTest::flatTraces()
{
    const auto r = test::readText(R"({"trace_id":"t","span_count":2,"spans":[
 {"trace_id":"t","span_id":"a","name":"chat m","start_time":"2026-03-17T08:00:00.000000+00:00","end_time":"2026-03-17T08:00:02.5+00:00",
  "attributes":{"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":10,"gen_ai.usage.output_tokens":5,
  "gen_ai.input.messages":"a secret"},"resource_attributes":{"service.name":"agent"}},
 {"trace_id":"t","span_id":"b","name":"execute_tool x","start_time":"2026-03-17T08:00:02.5Z","end_time":"2026-03-17T08:00:03Z",
  "attributes":{"gen_ai.operation.name":"execute_tool"}}]})",
        "trace.json");
    QCOMPARE(r.importer, std::string("otel"));
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.value(0, "requests"), 1.0);
    QCOMPARE(r.sink.value(0, "e2e", "mean"), 2500.0);
    QCOMPARE(r.sink.value(0, "ntpot", "mean"), 500.0);
    QCOMPARE(r.sink.points[0].label, std::string("agent"));
    QCOMPARE(r.sink.trace.events.spans.size(), 2u);
}

void OtelTest::consoleSpans()
{
    const std::string span = R"({
    "name": "chat m", "context": {"trace_id": "0x1", "span_id": "0x2"}, "kind": "SpanKind.CLIENT", "parent_id": null,
    "start_time": "2026-03-17T08:00:00.000000Z", "end_time": "2026-03-17T08:00:01.000000Z",
    "attributes": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"},
    "events": [{"name": "gen_ai.content.completion.chunk", "timestamp": "2026-03-17T08:00:00.250000Z"},
    {"name": "gen_ai.content.completion.chunk", "timestamp": "2026-03-17T08:00:00.750000Z"}],
    "resource": {"attributes": {"service.name": "agent"}, "schema_url": ""}
})";
    for (const std::string& text : { span + '\n' + span + '\n', '[' + span + ',' + span + ']' }) {
        const auto r = test::readText(text, "spans.log");
        QCOMPARE(r.importer, std::string("otel"));
        QCOMPARE(r.sink.counts.at("spans"), 2u);
        QCOMPARE(r.sink.trace.events.spans.durationNs[1], 1'000'000'000);
        QCOMPARE(r.sink.trace.sheet.lanes[0].process, std::string("agent"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.points[0].label, std::string("agent"));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 250.0);
        QCOMPARE(r.sink.requests.at(0)[0].gapsMs, std::vector<double> { 500.0 });
    }
}

void OtelTest::chunksGiveGaps()
{
    const auto r = test::readText(otlp(R"({"name":"openai.chat","startTimeUnixNano":"1700000000000000000",
 "endTimeUnixNano":"1700000001000000000","attributes":[{"key":"llm.request.type","value":{"stringValue":"chat"}}],
 "events":[{"name":"gen_ai.content.completion.chunk","timeUnixNano":"1700000000250000000"},
 {"name":"gen_ai.content.completion.chunk","timeUnixNano":"1700000000750000000"}]})"),
        "trace.json");
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 250.0);
    QCOMPARE(r.sink.requests.at(0)[0].gapsMs, std::vector<double> { 500.0 });
}

void OtelTest::failuresCountAndHaveNoLatency()
{
    std::string broken = llmRequest(1);
    broken.insert(broken.size() - 1, R"(,"status":{"code":2,"message":"a secret"})");
    const auto r = test::readText(otlp(llmRequest(0) + ',' + broken), "t.json");
    QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
    QCOMPARE(r.sink.value(0, "ttft", "count"), 1.0);
    QCOMPARE(r.sink.value(0, "queue_time", "count"), 1.0);
    QVERIFY(!r.sink.requests.at(0)[1].ok);
    QVERIFY(everything(r.sink).find("secret") == std::string::npos);
}

void OtelTest::clientAndServerStayApart()
{
    std::string client = llmRequest(0);
    client.replace(client.find("llm_request"), 11, "chat m");
    client.replace(client.find("\"kind\":2"), 8, "\"kind\":3");
    client.insert(client.size() - 2, R"(,{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}})");
    const auto r = test::readText(otlp(client + ',' + llmRequest(0)), "t.json");
    QCOMPARE(r.sink.points.size(), 2u);
    QCOMPARE(r.sink.value(0, "requests"), 1.0);
    QCOMPARE(r.sink.value(1, "requests"), 1.0);
}

void OtelTest::contentIsNotKept()
{
    const auto r = test::readText(otlp(llmRequest(0)), "t.json");
    QVERIFY(everything(r.sink).find("secret") == std::string::npos);
}

void OtelTest::timesWithoutAZoneAreNotUtc()
{
    const auto r = test::readText(
        R"({"trace_id":"t","spans":[{"name":"chat m","span_id":"a","start_time":"2026-03-17T08:00:00.000000",
 "end_time":"2026-03-17T08:00:02.000000","attributes":{"gen_ai.operation.name":"chat","gen_ai.usage.output_tokens":5}}]})",
        "trace.json");
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.attribute(0, "started_at"), std::string());
    QVERIFY(!r.sink.trace.sheet.unixNs);
}

QTEST_GUILESS_MAIN(OtelTest)
#include "tst_otel.moc"
