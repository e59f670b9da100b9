// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tree_text.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

struct Json {
    RecordedDocuments got;
    ReadReport report;
    std::optional<Error> error;
};

Json readIt(const std::string& text, Plan plan = {}, bool places = false)
{
    Json out;
    out.got.places = places;
    const auto source = memorySource(text);
    auto report = readJson(*source, plan, out.got);
    if (report) {
        out.report = *report;
    } else {
        out.error = report.error();
    }
    return out;
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

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"
