// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tree_text.h"

#include <QtTest>
#include <rapidcheck.h>

#include <cmath>
#include <cstdlib>
#include <random>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

struct Json {
    RecordedDocuments got;
    ReadReport report;
    std::optional<Error> error;
};

Json readFrom(ByteSource& source, const Plan& plan = {}, bool places = false)
{
    Json out;
    out.got.places = places;
    auto report = readJson(source, plan, out.got);
    if (report) {
        out.report = *report;
    } else {
        out.error = report.error();
    }
    return out;
}

Json readIt(const std::string& text, const Plan& plan = {}, bool places = false)
{
    return readFrom(*memorySource(text), plan, places);
}

QByteArray joined(const std::vector<std::string>& parts)
{
    QByteArray out;
    for (const std::string& part : parts) {
        out += (out.isEmpty() ? "" : " | ") + QByteArray::fromStdString(part);
    }
    return out;
}

} // namespace

class TestJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void trees_data();
    void trees();
    void reports();
    void truncated_data();
    void truncated();
    void everyPrefixIsAnErrorOrComplete();
    void cutLinesKeepTheCompleteOnes();
    void damaged_data();
    void damaged();
    void places();
    void streams();
    void streamsOfSeveralDocuments();
    void skips();
    void budgets_data();
    void budgets();
    void deepNesting();
    void handlerErrorStops();
    void cancelled();
    void anySplitGivesTheSameTree();
    void longStringsAcrossChunks();
    void numbersAreExact();
    void encodings();
};

void TestJson::trees_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("documents");
    QTest::addColumn<QByteArray>("pointers");
    QTest::addColumn<quint64>("ignored");

    const auto row = [](const char* name, const char* text, const char* documents, const char* pointers = "",
                         quint64 ignored = 0) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(documents) << QByteArray(pointers) << ignored;
    };
    row("one", R"({"a":1,"b":[true,null,"s"]})", R"({a:1 b:[true null "s"]})");
    row("numbers", "[1, 2.5, -3e2]", "<1 2.5 -300>");
    row("empty containers", "[{}, []]", "[{} []]");
    row("mixed array", "[1,2,\"x\"]", "[1 2 \"x\"]");
    row("bare NaN", R"({"a":NaN,"b":Infinity,"c":-Infinity,"d":"NaN"})",
        R"({a:NaN b:Infinity c:-Infinity d:"NaN"})");
    row("NaN in numbers", "[1,NaN,-Infinity]", "<1 nan -inf>");
    row("integers beyond 2^53", "[9007199254740993,1]", "[9007199254740993 1]");
    row("lines", "{\"a\":1}\n{\"a\":2}\n\n{\"a\":3}\n", "{a:1} | {a:2} | {a:3}", "/0 | /1 | /2");
    row("glued", "{\"a\":1}{\"a\":2} [3]", "{a:1} | {a:2} | <3>", "/0 | /1 | /2");
    row("pretty", "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "{a:1} | {a:2}", "/0 | /1");
    row("log before", "ggml: init\n[TensorRT-LLM] x\n[2025-01-01 10:00] y\n[1] z\n[\n{\"a\":1}\n]\n",
        "[{a:1}]", "", 10 + 16 + 20 + 5);
    row("log behind", "{\"a\":1}\ndone \"quote NaN\n[INFO] x", "{a:1}", "", 15 + 8);
    row("log between", "{\"a\":1}\nx \" y\n{\"a\":NaN,\"b\":\"NaN\"}\n", "{a:1} | {a:NaN b:\"NaN\"}",
        "/0 | /1", 5);
    row("failed line", "{\"a\":1}\n{\"a\":oops}\n{\"a\":3}\n", "{a:1} | {a:3}", "/0 | /1", 10);
    row("lone surrogates", R"(["\ud83d","\udca9x","\ud83d\ude00","\ud83d\u0041"])",
        "[\"\xEF\xBF\xBD\" \"\xEF\xBF\xBDx\" \"\xF0\x9F\x98\x80\" \"\xEF\xBF\xBD"
        "A\"]");
    row("clock of UCX", "[1752213796.021] [host:4:0] ep [0]\n{\"a\":1}\n", "{a:1}", "", 34);
    row("arrays on one line", "[1] [2] [{\"a\":3}]\n", "<1> | <2> | [{a:3}]", "/0 | /1 | /2");
    row("lower case words", R"([nan,-inf,inf,null,"nan"])", "[nan -inf inf null \"nan\"]");
    row("overflow", R"({"a":1e400,"b":[1e400,1e-400]})", "{a:1e400 b:<inf 0>}");
    row("keys with NaN", R"({"NaN":NaN})", "{NaN:NaN}");
    row("duplicate keys", R"({"a":1,"b":2,"a":3})", "{b:2 a:3}");
    row("escaped keys", R"({"a\"b":1,"\u00e9":2})", "{a\"b:1 \xC3\xA9:2}");
}

void TestJson::trees()
{
    QFETCH(QByteArray, text);
    const Json json = readIt(text.toStdString());
    QVERIFY2(!json.error, json.error ? json.error->text().c_str() : "");
    QTEST(joined(json.got.documents), "documents");
    QFETCH(QByteArray, pointers);
    if (!pointers.isEmpty() || json.got.pointers.size() == 1) {
        QCOMPARE(joined(json.got.pointers), pointers);
    }
    QTEST(quint64(json.report.ignoredBytes), "ignored");
}

void TestJson::reports()
{
    const Json json
        = readIt(R"({"a":NaN,"a":[Infinity,"NaN",-Infinity,1],"b":"x\u0000y","s":{"k":1,"k":2}})");
    QVERIFY(!json.error);
    QCOMPARE(json.report.documents, std::size_t(1));
    QCOMPARE(json.report.nonFinite, 3u);
    QCOMPARE(json.report.duplicateKeys, 2u);
    QCOMPARE(json.report.nulCharacters, 1u);
    QVERIFY(!json.report.truncated);
    // Of a line that turned out to be log text nothing is counted.
    QCOMPARE(readIt("{\"a\":1}\n{\"a\":NaN,oops\n{\"a\":2}\n").report.nonFinite, 0u);
}

void TestJson::truncated_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("place");
    QTest::newRow("object") << QByteArray("{\n \"a\": [1, 2\n") << QByteArray("3:1");
    QTest::newRow("array without its end")
        << QByteArray("[\n{\"ts\":1},\n{\"ts\":2},\n") << QByteArray("4:1");
    QTest::newRow("pretty elements") << QByteArray("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\"")
                                     << QByteArray("6:8");
    QTest::newRow("behind a log") << QByteArray("log\n{\"a\": tr") << QByteArray("2:9");
}

void TestJson::truncated()
{
    QFETCH(QByteArray, text);
    const Json json = readIt(text.toStdString());
    QVERIFY(json.error);
    QTEST(QByteArray::fromStdString(json.error->place), "place");
    QVERIFY(json.error->reason.find("ends inside") != std::string::npos);
    QVERIFY(!json.error->remedy.empty());
    QVERIFY(json.got.documents.empty());
}

void TestJson::everyPrefixIsAnErrorOrComplete()
{
    const std::string text = "{\n \"k\\n\": [1.5, NaN, -Infinity, {\"x\": null}],\n \"s\": \"\\ud83d\\ude00 "
                             "\\ud83d\", \"t\": true\n}";
    const auto whole = readIt(text).got.documents;
    QCOMPARE(whole.size(), std::size_t(1));
    for (std::size_t size = 0; size < text.size(); ++size) {
        const Json json = readIt(text.substr(0, size));
        QVERIFY2(json.error, std::to_string(size).c_str());
        QVERIFY(json.got.documents.empty());
    }
    QVERIFY(readIt(text + "\n").got.documents == whole);
}

void TestJson::cutLinesKeepTheCompleteOnes()
{
    const std::string lines = "{\"a\":1}\n{\"a\":2}\n{\"a\":[3,{\"b\":4}]}";
    for (std::size_t cut = 16; cut < lines.size(); ++cut) {
        const Json json = readIt(lines.substr(0, cut));
        QVERIFY(!json.error);
        QCOMPARE(joined(json.got.documents), "{a:1} | {a:2}");
        QCOMPARE(joined(json.got.pointers), "/0 | /1");
        QCOMPARE(json.report.truncated, cut > 16);
        if (cut > 16) {
            QVERIFY(QByteArray::fromStdString(json.report.truncatedAt).startsWith("3:"));
        }
    }
}

void TestJson::damaged_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("place");
    const auto row = [](const char* name, const char* text, const char* place) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(place);
    };
    row("word", "{\"a\": 1, \"b\": oops}", "1:15");
    row("in the middle", "[\n{\"a\":1},\n{\"a\":oops},\n{\"a\":3}\n]\n", "3:6");
    row("trailing comma", "{\n\"a\": 1,\n}", "3:1");
    row("control character", "{\n\"a\": 1,\n\"b\": \"x\ty\"}", "3:8");
    row("number", "{\"a\": 1,\n\"b\": 01}", "2:7");
    row("log inside", "{\"a\": 1,\n\"b\": [1,\nTraceback (most recent call last):\n", "3:1");
    QTest::newRow("endless number") << "{\"a\": 1,\n\"b\": " + QByteArray(3'000'000, '1') + "}"
                                    << QByteArray("2:3000006");
    row("no document", "hello\n[INFO] x\n", "");
    row("empty", "", "");
}

void TestJson::damaged()
{
    QFETCH(QByteArray, text);
    const Json json = readIt(text.toStdString());
    QVERIFY(json.error);
    QTEST(QByteArray::fromStdString(json.error->place), "place");
    QVERIFY(!json.error->reason.empty());
    QVERIFY(!json.error->remedy.empty());
    QVERIFY(json.got.documents.empty());
}

void TestJson::places()
{
    const Json json
        = readIt("log\r\n{\r\n \"\xC3\xA9\": 1,\"b\" : [ \"\\n\" ,\n null],\"c\":{}}\n", {}, true);
    QVERIFY(!json.error);
    QCOMPARE(QByteArray::fromStdString(json.got.documents.at(0)),
        "{\xC3\xA9:1@15,3:8 b:[\"\n\"@25,3:18 null@33,4:2]@23,3:16 c:{}@43,4:12}@5,2:1");
}

void TestJson::streams()
{
    Plan plan;
    plan.stream = { "/r", "/deep/*/items", "/o" };
    const Json json = readIt(
        R"({"m":1,"r":[{"x":[1,2]},5,"s"],"deep":[{"items":[[1],{"items":[7]}]}],"o":{"k":1},"end":[2]})",
        plan);
    QVERIFY(!json.error);
    QCOMPARE(joined(json.got.elements),
        "/r/0={x:<1 2>} | /r/1=5 | /r/2=\"s\" | /deep/0/items/0=<1> | /deep/0/items/1={items:<7>} | /o/k=1");
    QCOMPARE(joined(json.got.documents), "{m:1 r:[] deep:[{items:[]}] o:{} end:<2>}");

    struct : DocumentHandler {
        Result<void> element(const Node& element) override
        {
            seen += std::string(element.parent()->parent()->find("model")->text()) + ' ';
            return {};
        }
        Result<void> document(const Node& root, std::size_t) override
        {
            size = root.find("r")->size();
            return {};
        }
        std::string seen;
        std::size_t size = 0;
    } handler;
    QVERIFY(readJson(*memorySource(R"({"model":"m","r":[1,2,3]})"), plan, handler));
    QCOMPARE(handler.seen, "m m m ");
    QCOMPARE(handler.size, std::size_t(3));
}

void TestJson::streamsOfSeveralDocuments()
{
    Plan plan;
    plan.stream = { "/r" };
    QCOMPARE(joined(readIt("{\"r\":[1]}\n{\"r\":[2]}\n", plan).got.elements), "/0/r/0=1 | /1/r/0=2");
    QCOMPARE(joined(readIt("{\"r\":[1]}\nlog [1] x\n[12] text\n", plan).got.elements), "/r/0=1");
    plan.stream = { "" };
    QCOMPARE(joined(readIt("[INFO] x\n[12] y\n[1,{\"a\":2}]", plan).got.elements), "/0=1 | /1={a:2}");
}

void TestJson::skips()
{
    Plan plan;
    plan.skip = { "/a/*/text", "/big", "/n/1" };
    const Json json = readIt(
        R"({"a":[{"text":"long \n","k":1},{"k":2,"text":{"x":[1]}}],"big":[[1],{"y":"z"}],"n":[1,2,3],"e":1})",
        plan);
    QVERIFY(!json.error);
    QCOMPARE(joined(json.got.documents), "{a:[{k:1} {k:2}] n:[1 3] e:1}");
    // A skipped text may be longer than what would be kept.
    plan.budgets.stringBytes = 100;
    QVERIFY(!readIt("{\"big\":\"" + std::string(1'000'000, 'x') + "\\n\"}", plan).error);
}

void TestJson::budgets_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("named");
    QTest::newRow("nodes") << QByteArray("[") + QByteArray("{},").repeated(2000) + "{}]"
                           << QByteArray("1000 values");
    QTest::newRow("string") << QByteArray("[\"") + QByteArray(40'000, 'x') + "\"]"
                            << QByteArray("text longer");
    QTest::newRow("escaped string") << QByteArray("[\"") + QByteArray("\\n").repeated(40'000) + "\"]"
                                    << QByteArray("text longer");
    QTest::newRow("key") << QByteArray("{\"") + QByteArray(3000, 'x') + "\":1}" << QByteArray("key longer");
    QTest::newRow("numbers") << QByteArray("[") + QByteArray("1.25,").repeated(200'000) + "1]"
                             << QByteArray("1 MiB");
}

void TestJson::budgets()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, named);
    Plan plan;
    plan.budgets.nodes = 1000;
    plan.budgets.stringBytes = 32u << 10;
    plan.budgets.keyBytes = 2u << 10;
    plan.budgets.treeBytes = 1u << 20;
    const Json json = readIt(text.toStdString(), plan);
    QVERIFY(json.error);
    QVERIFY2(QByteArray::fromStdString(json.error->reason).contains(named), json.error->reason.c_str());
    QVERIFY(!json.error->place.empty());
    QVERIFY(!readIt(text.toStdString()).error);
}

void TestJson::deepNesting()
{
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    QVERIFY(!readIt(nested(64)).error);
    QVERIFY(readIt(nested(65)).error);
    QVERIFY(readIt(nested(5'000'000)).error);
    QVERIFY(readIt("{\"a\":" + nested(100'000) + '}').error);
}

void TestJson::handlerErrorStops()
{
    struct : DocumentHandler {
        Result<void> document(const Node&, std::size_t) override
        {
            return ++calls == 2 ? Result<void>(Error { {}, {}, "enough", {} }) : Result<void>();
        }
        int calls = 0;
    } handler;
    const auto report = readJson(*memorySource("{}\n{}\n{}\n"), {}, handler);
    QVERIFY(!report);
    QCOMPARE(report.error().reason, "enough");
    QCOMPARE(handler.calls, 2);
}

void TestJson::cancelled()
{
    std::stop_source stop;
    stop.request_stop();
    RecordedDocuments handler;
    QVERIFY(!readJson(*memorySource("{\"a\":1}"), {}, handler, stop.get_token()));
    QVERIFY(handler.documents.empty());
}

void TestJson::anySplitGivesTheSameTree()
{
    const std::string text
        = "\xEF\xBB\xBFlog \"x\n[INFO] "
          "y\n{\"a\":[NaN,1.5e3,-Infinity,12345678901234567890],\"\xC3\xA9\\u00e9\":"
          "\"\\ud83d\\ude00\\ud83d\xE2\x82\xAC\"}\n[true,\nfalse , null]\r\n\n{\"b\":{\"c\":\"\"}} tail NaN";
    const Json whole = readIt(text, {}, true);
    QCOMPARE(whole.got.documents.size(), std::size_t(3));
    QVERIFY(rc::check([&](std::vector<std::uint8_t> sizes) {
        sizes.push_back(1);
        PiecewiseSource source(text, { sizes.begin(), sizes.end() });
        const Json split = readFrom(source, {}, true);
        RC_ASSERT(split.got.documents == whole.got.documents);
        RC_ASSERT(split.report.nonFinite == whole.report.nonFinite);
        RC_ASSERT(split.report.ignoredBytes == whole.report.ignoredBytes);
    }));
}

/// Documents that are larger than what the parser takes at a time, shifted byte by byte over its limits.
void TestJson::longStringsAcrossChunks()
{
    std::string body;
    std::string expected;
    for (int i = 0; i < 700; ++i) {
        body += "\\u00e9\\\"\\ud83d\\ude00\xC3\xA9x\\ud83dz";
        expected += "\xC3\xA9\"\xF0\x9F\x98\x80\xC3\xA9x\xEF\xBF\xBDz";
    }
    for (int shift = 0; shift < 40; ++shift) {
        const std::string pad(static_cast<std::size_t>(shift), 'p');
        const std::string text
            = "{\"" + pad + "\":[\"" + body + "\",NaN,\"" + body + "\"],\n\"k\":-Infinity}";
        const Json json = readIt(text, {}, true);
        QVERIFY(!json.error);
        const std::string at = std::to_string(text.rfind('-'));
        QVERIFY(json.got.documents.at(0).find("NaN@" + std::to_string(text.find(",NaN,") + 1) + ',')
            != std::string::npos);
        QVERIFY(json.got.documents.at(0).find("k:-Infinity@" + at + ",2:5}") != std::string::npos);
        const auto first = json.got.documents.at(0).find(expected);
        QVERIFY(first != std::string::npos);
        QVERIFY(json.got.documents.at(0).find(expected, first + 1) != std::string::npos);
    }
}

void TestJson::numbersAreExact()
{
    struct : DocumentHandler {
        Result<void> document(const Node& root, std::size_t) override
        {
            values.assign(root.find("a")->numbers().begin(), root.find("a")->numbers().end());
            single = root.find("b")->number();
            return {};
        }
        std::vector<double> values;
        std::optional<double> single;
    } handler;
    std::mt19937_64 random(7);
    for (int round = 0; round < 20'000; ++round) {
        double value = 0;
        do {
            const std::uint64_t bits = random();
            std::memcpy(&value, &bits, sizeof value);
        } while (!std::isfinite(value));
        char text[64];
        std::snprintf(text, sizeof text, "%.*g", int(random() % 20) + 1, value);
        const double expected = std::strtod(text, nullptr);
        if (!std::isfinite(expected)) {
            continue;
        }
        QVERIFY(readJson(
            *memorySource(std::string("{\"a\":[0.5,") + text + "],\"b\":" + text + '}'), {}, handler));
        if (handler.values.size() == 2) { // else an integer that no double holds
            QVERIFY2(std::memcmp(&handler.values[1], &expected, sizeof expected) == 0, text);
        }
        QVERIFY2(handler.single && std::memcmp(&*handler.single, &expected, sizeof expected) == 0, text);
    }
}

void TestJson::encodings()
{
    const QString text = QStringLiteral("{\"a\": \"\u00e9\U0001F600\", \"b\": [1, NaN]}");
    for (const auto encoding : { QStringConverter::Utf8, QStringConverter::Utf16LE, QStringConverter::Utf16BE,
             QStringConverter::Utf32LE, QStringConverter::Utf32BE }) {
        for (const bool bom : { false, true }) {
            QStringEncoder encoder(
                encoding, bom ? QStringConverter::Flag::WriteBom : QStringConverter::Flag::Default);
            const QByteArray bytes = encoder(text);
            const Json json = readIt(bytes.toStdString());
            QVERIFY(!json.error);
            QCOMPARE(joined(json.got.documents), "{a:\"\xC3\xA9\xF0\x9F\x98\x80\" b:<1 nan>}");
            QCOMPARE(json.report.encoding.encoding, std::string(QStringConverter::nameForEncoding(encoding)));
            QCOMPARE(json.report.encoding.replacedCharacters, 0u);
        }
    }
    const Json broken = readIt("{\"a\":\"x\xFFy\xE2\x82\"}");
    QCOMPARE(joined(broken.got.documents), "{a:\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"}");
    QCOMPARE(broken.report.encoding.replacedCharacters, 2u);
}

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"
