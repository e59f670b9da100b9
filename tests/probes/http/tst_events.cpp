// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/body_reader.h"
#include "probes/helper/http/event_class.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism::probes::http;

Q_DECLARE_METATYPE(EventClass)

namespace {
Bytes asBytes(std::string_view text)
{
    return { reinterpret_cast<const std::uint8_t*>(text.data()), text.size() };
}

EventCounts countsOf(BodyReader::Format format, std::string_view body, std::size_t piece)
{
    BodyReader reader;
    reader.start(format);
    for (std::size_t at = 0; at < body.size(); at += piece) {
        reader.content(asBytes(body.substr(at, piece)));
    }
    reader.end();
    return reader.takeCounts();
}
} // namespace

class TestEvents : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void classes_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("data");
        QTest::addColumn<EventClass>("kind");
        const auto row = [](const char* what, EventClass kind, const char* data, const char* name = "") {
            QTest::newRow(what) << QString(name) << QString::fromUtf8(data) << kind;
        };
        using enum EventClass;
        row("done", Done, "[DONE]");
        row("text that is no JSON", Other, "hello");
        row("nothing", Other, "");
        // Chat, as llama.cpp, vLLM, SGLang and TGI write it
        row("llama role", Role,
            R"({"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]})");
        row("vLLM role", Role,
            R"({"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})");
        row("vLLM token", Text,
            R"({"id":"c","choices":[{"index":0,"delta":{"content":" a"},"finish_reason":null}]})");
        row("vLLM token without text", Empty,
            R"({"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":null}]})");
        row("vLLM last token", Text, R"({"choices":[{"delta":{"content":"end"},"finish_reason":"length"}]})");
        row("vLLM last token without text", Empty,
            R"({"choices":[{"delta":{"content":""},"finish_reason":"length"}]})");
        row("spaces", Text, R"({ "choices" : [ { "delta" : { "content" : "x" } } ] })");
        row("finish", Finish, R"({"choices":[{"finish_reason":"stop","index":0,"delta":{}}]})");
        row("usage", Usage, R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})");
        row("content filter results without choices", Other, R"({"choices":[],"prompt_filter_results":[]})");
        row("SGLang token", Text,
            R"({"choices":[{"delta":{"role":null,"content":"x","reasoning_content":null,"tool_calls":null},"finish_reason":null}]})");
        row("SGLang finish", Finish,
            R"({"choices":[{"delta":{"role":null,"content":null,"tool_calls":null},"finish_reason":"stop"}]})");
        row("TGI repeats the role with every token", Text,
            R"({"choices":[{"delta":{"role":"assistant","content":"x"},"finish_reason":null}]})");
        row("reasoning_content", Text, R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})");
        row("reasoning", Text, R"({"choices":[{"delta":{"content":"","reasoning":"hm"}}]})");
        row("tool call", Text,
            R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]})");
        row("no tool call", Other, R"({"choices":[{"delta":{"tool_calls":[]}}]})");
        row("function call", Text, R"({"choices":[{"delta":{"function_call":{"arguments":"1"}}}]})");
        row("refusal", Text, R"({"choices":[{"delta":{"refusal":"no"}}]})");
        row("content in parts", Text, R"({"choices":[{"delta":{"content":[{"type":"text","text":"x"}]}}]})");
        row("role with text", Text, R"({"choices":[{"delta":{"role":"assistant","content":"Hi"}}]})");
        row("several choices", Text,
            R"({"choices":[{"index":0,"delta":{"role":"assistant"}},{"index":1,"delta":{"content":"x"}}]})");
        row("text that quotes the keys", Empty,
            "{\"choices\":[{\"delta\":{\"content\":\"\"}}],\"note\":\"\\\"choices\\\":[],\\\"delta\\\":{"
            "\\\"content\\\":\\\"x\\\"}\"}");
        row("text that ends a string early", Text,
            "{\"choices\":[{\"delta\":{\"content\":\"\\\\\\\",\\\"role\\\":\\\"assistant\"}}]}");
        row("unicode escapes", Text, "{\"choices\":[{\"delta\":{\"content\":\"\\u00e4\"}}]}");
        row("with continuous usage", Text,
            R"({"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}})");
        row("error", Other, R"({"error":{"message":"choices","code":500}})");
        // Text completions
        row("completion", Text,
            R"({"choices":[{"text":" a","index":0,"logprobs":null,"finish_reason":null}]})");
        row("completion without text", Empty, R"({"choices":[{"index":0,"text":"","finish_reason":null}]})");
        row("llama's last completion", Finish,
            R"({"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"completion_tokens":4,"prompt_tokens":1}})");
        // llama.cpp's own
        row("llama /completion", Text, R"({"index":0,"content":"x","tokens":[1],"stop":false,"id_slot":0})");
        row("llama /completion end", Finish, R"({"index":0,"content":"","tokens":[],"stop":true})");
        row("llama /completion end with counts", Usage,
            R"({"content":"","stop":true,"tokens_predicted":4,"tokens_evaluated":9})");
        // OpenAI Responses
        row("response.created", Other, R"({"type":"response.created","response":{"id":"r","usage":null}})",
            "response.created");
        row("output text", Text, R"({"type":"response.output_text.delta","delta":"Hi"})",
            "response.output_text.delta");
        row("output text, type last", Text,
            R"({"content_index":0,"delta":"Hi","type":"response.output_text.delta"})");
        row("reasoning summary", Text, R"({"type":"response.reasoning_summary_text.delta","delta":"so"})");
        row("arguments", Text, R"({"type":"response.function_call_arguments.delta","delta":"1"})");
        row("empty arguments", Empty, R"({"type":"response.function_call_arguments.delta","delta":""})");
        row("output text done", Other, R"({"type":"response.output_text.done","text":"Hi"})",
            "response.output_text.done");
        row("response.completed", Finish,
            R"({"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":2}}})");
        row("named by the event alone", Text, R"({"delta":"Hi","item_id":"i"})",
            "response.output_text.delta");
        // Anthropic Messages
        row("message_start", Role,
            R"({"type":"message_start","message":{"role":"assistant","content":[],"usage":{"input_tokens":25,"output_tokens":1}}})",
            "message_start");
        row("block start", Other,
            R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
        row("ping", Other, R"({"type":"ping"})", "ping");
        row("text_delta", Text,
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})");
        row("thinking_delta", Text,
            R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}})");
        row("input_json_delta", Text,
            R"({"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"1"}})");
        row("empty input_json_delta", Empty,
            R"({"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":""}})");
        row("signature", Other,
            R"({"type":"content_block_delta","delta":{"type":"signature_delta","signature":"abc"}})");
        row("message_delta", Finish,
            R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}})");
        row("message_stop", Done, R"({"type":"message_stop"})", "message_stop");
        // TGI's generate_stream
        row("TGI token", Text,
            R"({"index":1,"token":{"id":4,"text":" a","logprob":-0.5,"special":false},"generated_text":null,"details":null})");
        row("TGI special token", Empty,
            R"({"index":9,"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"generated_text":"a"})");
        // Ollama
        row("Ollama generate", Text, R"({"model":"m","created_at":"t","response":"The","done":false})");
        row("Ollama chat", Text,
            R"({"model":"m","message":{"role":"assistant","content":"The"},"done":false})");
        row("Ollama thinking", Text,
            R"({"message":{"role":"assistant","content":"","thinking":"hm"},"done":false})");
        row("Ollama tool call", Text,
            R"({"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f"}}]},"done":false})");
        row("Ollama without text", Empty, R"({"response":"","done":false})");
        row("Ollama end", Usage,
            R"({"response":"","done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":290})");
        row("Ollama end without counts", Finish, R"({"response":"","done":true})");
        // SGLang's generate, Triton's
        row("SGLang generate", Text, R"({"text":"so far","meta_info":{"completion_tokens":2}})");
        row("Triton", Text, R"({"model_name":"m","text_output":"x"})");
        // Hostile
        row("deep", Other, "{\"choices\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
        row("brackets that do not fit", Other, R"({"choices":[}])");
        row("an array", Other, R"([1,2])");
    }
    void classes()
    {
        QFETCH(QString, name);
        QFETCH(QString, data);
        QFETCH(EventClass, kind);
        QCOMPARE(classifyEvent(name.toStdString(), data.toStdString(), false).kind, kind);
    }

    /// A cut never turns an event into what it is not: role, finish or done into text, text into empty.
    void cutEventsAreRightOrUnknown()
    {
        const std::string events[] = {
            R"({"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]})",
            R"({"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
            R"({"id":"c","choices":[{"index":0,"delta":{"content":" a"},"finish_reason":"stop"}],"usage":null})",
            R"({"choices":[{"delta":{"content":"","reasoning_content":"hm"}}]})",
            R"({"choices":[],"usage":{"prompt_tokens":1}})",
            R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}})",
            R"({"index":9,"token":{"id":2,"text":"</s>","special":true},"generated_text":"a"})",
        };
        for (const std::string& event : events) {
            const EventClass whole = classifyEvent({}, event, false).kind;
            for (std::size_t length = 0; length < event.size(); ++length) {
                const EventClass cut = classifyEvent({}, event.substr(0, length), true).kind;
                QVERIFY2(cut == whole || cut == EventClass::Other, event.substr(0, length).c_str());
            }
        }
    }

    void counts_data()
    {
        QTest::addColumn<QByteArray>("data");
        QTest::addColumn<QList<int>>("counts"); // known, prompt, completion, cached, reasoning
        const auto row = [](const char* what, const char* data, QList<int> counts) {
            QTest::newRow(what) << QByteArray(data) << counts;
        };
        row("OpenAI",
            R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5,"audio_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}}})",
            { 15, 7, 3, 5, 2 });
        row("vLLM without details",
            R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":null}})",
            { 3, 7, 3, 0, 0 });
        row("Responses",
            R"({"type":"response.completed","response":{"output":[],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":16}}})",
            { 15, 10, 6, 4, 1 });
        row("Anthropic: cached tokens are not in input_tokens",
            R"({"type":"message_start","message":{"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,"output_tokens":1}}})",
            { 5, 115, 1, 100, 0 });
        row("Anthropic's end", R"({"type":"message_delta","delta":{},"usage":{"output_tokens":15}})",
            { 2, 0, 15, 0, 0 });
        row("llama /completion", R"({"content":"","stop":true,"tokens_predicted":4,"tokens_evaluated":9})",
            { 3, 9, 4, 0, 0 });
        row("Ollama", R"({"done":true,"prompt_eval_count":26,"eval_count":290})", { 3, 26, 290, 0, 0 });
        row("SGLang",
            R"({"text":"a","meta_info":{"prompt_tokens":5,"completion_tokens":2,"cached_tokens":1}})",
            { 7, 5, 2, 1, 0 });
        row("TGI", R"({"token":{"text":"a"},"details":{"finish_reason":"length","generated_tokens":20}})",
            { 2, 0, 20, 0, 0 });
        row("not a count", R"({"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":1e3}})",
            { 0, 0, 0, 0, 0 });
        row("too large", R"({"choices":[],"usage":{"prompt_tokens":99999999999}})", { 0, 0, 0, 0, 0 });
        row("elsewhere",
            R"({"choices":[{"usage":{"prompt_tokens":1}}],"metadata":{"x":{"usage":{"prompt_tokens":1}}}})",
            { 0, 0, 0, 0, 0 });
        row("cut in a number", "{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":34",
            { 1, 12, 0, 0, 0 });
    }
    void counts()
    {
        QFETCH(QByteArray, data);
        QFETCH(QList<int>, counts);
        const TokenUsage usage = classifyEvent({}, data.toStdString(), false).usage;
        QCOMPARE((QList<int> { int(usage.known), int(usage.prompt), int(usage.completion), int(usage.cached),
                     int(usage.reasoning) }),
            counts);
    }

    void serverSentEvents_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<int>("events");
        QTest::addColumn<int>("texts");
        const QByteArray token = R"({"choices":[{"delta":{"content":"x"}}]})";
        QTest::newRow("LF") << "data: " + token + "\n\n" << 1 << 1;
        QTest::newRow("CRLF") << "data: " + token + "\r\n\r\n" << 1 << 1;
        QTest::newRow("CR") << "data: " + token + "\r\rdata: " + token + "\r\r" << 2 << 2;
        QTest::newRow("without space") << "data:" + token + "\n\n" << 1 << 1;
        QTest::newRow("several") << "data: " + token + "\n\ndata: " + token + "\n\ndata: [DONE]\n\n"
                                 << 3 << 2;
        QTest::newRow("data over lines")
            << "data: {\"choices\":\ndata: [{\"delta\":\ndata:" + QByteArray("{\"content\":\"x\"}}]}\n\n")
            << 1 << 1;
        QTest::newRow("comment") << QByteArray(": ping - 2026\n\n") << 1 << 0;
        QTest::newRow("comment within an event") << ": hello\ndata: " + token + "\n\n" << 1 << 1;
        QTest::newRow("named") << "event: message\nid: 5\nretry: 10\ndata: " + token + "\n\n" << 1 << 1;
        QTest::newRow("empty lines") << "\n\n\ndata: " + token + "\n\n\n\n" << 1 << 1;
        QTest::newRow("field without colon") << QByteArray("data\n\n") << 1 << 0;
        QTest::newRow("other names that begin so") << "database: " + token + "\n\n" << 1 << 0;
        QTest::newRow("no last empty line") << "data: " + token + "\n" << 1 << 1;
        QTest::newRow("no last line end") << "data: " + token << 1 << 1;
        QTest::newRow("longer than is kept")
            << "data: {\"choices\":[{\"delta\":{\"content\":\"" + QByteArray(5000, 'y') + "\"}}]}\n\n"
            << 1 << 1;
    }
    void serverSentEvents()
    {
        QFETCH(QByteArray, body);
        QFETCH(int, events);
        QFETCH(int, texts);
        for (const std::size_t piece :
            { std::size_t(1), std::size_t(2), std::size_t(7), std::size_t(10'000) }) {
            const EventCounts counts = countsOf(BodyReader::Format::EventStream, body.toStdString(), piece);
            QCOMPARE(int(counts.all()), events);
            QCOMPARE(int(counts[EventClass::Text]), texts);
        }
    }

    void jsonLines()
    {
        const std::string body
            = "{\"response\":\"a\",\"done\":false}\n\n{\"response\":\"b\",\"done\":false}\r\n"
              "{\"response\":\"\",\"done\":true,\"eval_count\":2}";
        for (const std::size_t piece : { std::size_t(1), std::size_t(3), std::size_t(1000) }) {
            const EventCounts counts = countsOf(BodyReader::Format::JsonLines, body, piece);
            QCOMPARE(counts.all(), 3u);
            QCOMPARE(int(counts[EventClass::Text]), 2);
            QCOMPARE(int(counts[EventClass::Usage]), 1);
        }
    }

    void usageAnywhereInADocument()
    {
        for (const std::size_t filler : { 0u, 400u, 600u, 1000u, 1024u, 5000u }) {
            const std::string body = "{\"choices\":[{\"text\":\"" + std::string(filler, 'x')
                + "\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":8},\"rest\":\""
                + std::string(filler, 'z') + "\"}";
            for (const std::size_t piece : { std::size_t(1), std::size_t(100), std::size_t(10'000) }) {
                BodyReader reader;
                reader.start(BodyReader::Format::Json);
                for (std::size_t at = 0; at < body.size(); at += piece) {
                    reader.content(asBytes(std::string_view(body).substr(at, piece)));
                }
                reader.end();
                QCOMPARE(reader.usage().known, 3u);
                QCOMPARE(reader.usage().completion, 8u);
            }
        }
    }

    /// A gap never adds events, and those that are told are no others than were there.
    void gapsOnlyLose()
    {
        QVERIFY(rc::check([] {
            const int tokens = *rc::gen::inRange(1, 12);
            std::string body = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
            for (int i = 0; i < tokens; ++i) {
                body += "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n";
            }
            body += "data: [DONE]\n\n";
            const auto begin = *rc::gen::inRange<std::size_t>(0, body.size());
            const auto end = *rc::gen::inRange<std::size_t>(begin, body.size());
            BodyReader reader;
            reader.start(BodyReader::Format::EventStream);
            reader.content(asBytes(std::string_view(body).substr(0, begin)));
            reader.gap(end - begin);
            reader.content(asBytes(std::string_view(body).substr(end)));
            reader.end();
            const EventCounts counts = reader.takeCounts();
            RC_ASSERT(counts.all() <= static_cast<unsigned>(tokens) + 2);
            RC_ASSERT(counts[EventClass::Text] <= tokens);
            RC_ASSERT(counts[EventClass::Role] <= 1);
            RC_ASSERT(counts[EventClass::Empty] == 0);
            RC_ASSERT(counts[EventClass::Finish] == 0);
            RC_ASSERT(reader.takeUnseen() == (end > begin));
        }));
    }
};

QTEST_GUILESS_MAIN(TestEvents)
#include "tst_events.moc"
