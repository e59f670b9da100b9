// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tree_text.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

struct Yaml {
    RecordedDocuments got;
    ReadReport report;
    std::optional<Error> error;
};

Yaml readFrom(ByteSource& source, const Plan& plan = {}, bool places = false)
{
    Yaml out;
    out.got.places = places;
    auto report = readYaml(source, plan, out.got);
    if (report) {
        out.report = *report;
    } else {
        out.error = report.error();
    }
    return out;
}

Yaml readIt(const std::string& text, const Plan& plan = {}, bool places = false)
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

/// Nine aliases on each of nine levels: a few hundred bytes that name a billion values.
std::string billionLaughs()
{
    std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int level = 1; level <= 9; ++level) {
        const std::string name = 'a' + std::to_string(level);
        const std::string below = "*a" + std::to_string(level - 1);
        text += name + ": &" + name + " [" + below;
        for (int i = 0; i < 8; ++i) {
            text += ',' + below;
        }
        text += "]\n";
    }
    return text;
}

} // namespace

class TestYaml : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void trees_data();
    void trees();
    void kinds_data();
    void kinds();
    void placesCountBytes();
    void streamsAndSkips();
    void bombs_data();
    void bombs();
    void errors_data();
    void errors();
    void truncatedLaterDocument();
    void anySplitGivesTheSameTree();
};

void TestYaml::trees_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("documents");
    QTest::addColumn<QByteArray>("pointers");
    const auto row
        = [](const char* name, const char* text, const char* documents, const char* pointers = "") {
              QTest::newRow(name) << QByteArray(text) << QByteArray(documents) << QByteArray(pointers);
          };
    row("mapping", "a: 1\nb:\n  - x\n  - 2.5\n", "{a:1 b:[\"x\" 2.5]}");
    row("numbers", "a: [1, 2, .nan, -.inf]\n", "{a:<1 2 nan -inf>}");
    row("flow", "{a: {b: [1, {c: d}]}}", "{a:{b:[1 {c:\"d\"}]}}");
    row("blocks", "a: |\n  one\n  two\nb: >\n  one\n  two\n", "{a:\"one\ntwo\n\" b:\"one two\n\"}");
    row("empty value", "a:\nb: 1\n", "{a: b:1}");
    row("documents", "a: 1\n---\na: 2\n...\n---\na: 3\n", "{a:1} | {a:2} | {a:3}", "/0 | /1 | /2");
    row("marker first", "---\na: 1\n", "{a:1}");
    row("empty last document", "a: 1\n---\n", "{a:1}");
    row("alias", "a: &x [1, {b: 2}]\nc: *x\nd: *x\n", "{a:[1 {b:2}] c:[1 {b:2}] d:[1 {b:2}]}");
    row("alias in an anchor", "a: &x 1\nb: &y [*x, z]\nc: &x 2\nd: *y\n",
        "{a:1 b:[1 \"z\"] c:2 d:[1 \"z\"]}");
    row("anchor within one of its name", "a: &x [1, &x [2, 3]]\nb: *x\n", "{a:[1 <2 3>] b:<2 3>}");
    row("anchor of a scalar within one of its name", "a: &x [&x 1, 2, s]\nb: *x\n", "{a:[1 2 \"s\"] b:1}");
    row("alias as key", "a: &x k\n*x : v\n", "{a:\"k\" k:\"v\"}");
    row("merge", "b: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\n", "{b:{x:1 y:2} c:{y:3 x:1}}");
    row("merge of several", "c: {<<: [{x: 1}, {x: 2, y: 3}]}\n", "{c:{x:1 y:3}}");
    row("duplicate keys", "a: 1\nb: 2\na: 3\n", "{b:2 a:3}");
    row("tags", "a: !!str 12\nb: !!int \"3\"\nc: !custom {x: y}\n", "{a:\"12\" b:3 c:{x:\"y\"}}");
    row("BOM and CRLF",
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 2\r\n",
        "{a:1 b:2}");
}

void TestYaml::trees()
{
    QFETCH(QByteArray, text);
    const Yaml yaml = readIt(text.toStdString());
    QVERIFY2(!yaml.error, yaml.error ? yaml.error->text().c_str() : "");
    QTEST(joined(yaml.got.documents), "documents");
    QFETCH(QByteArray, pointers);
    QCOMPARE(joined(yaml.got.pointers), pointers);
}

void TestYaml::kinds_data()
{
    QTest::addColumn<QByteArray>("scalar");
    QTest::addColumn<int>("kind");
    const auto row = [](Kind kind, std::initializer_list<const char*> texts) {
        for (const char* text : texts) {
            QTest::newRow(text) << QByteArray(text) << int(kind);
        }
    };
    row(Kind::Number,
        { "0.2", "1", "-3", "+4", "1e3", ".5", "1.", "007", ".inf", "-.inf", ".nan", "9007199254740993" });
    row(Kind::Bool, { "true", "False", "TRUE" });
    row(Kind::Null, { "~", "null", "Null" });
    row(Kind::String,
        { "no", "yes", "on", "off", "NO", "y", "0x1F", "1_000", "12:30:45", "2025-01-01",
            "2025-01-01T10:00:00Z", "PT49.9S", "1.2.3", "v0.2", "nan", "inf", "1e" });
}

void TestYaml::kinds()
{
    QFETCH(QByteArray, scalar);
    struct : DocumentHandler {
        Result<void> document(const Node& root, std::size_t) override
        {
            kind = root.find("a")->kind();
            text = root.find("a")->text();
            quoted = root.find("q")->kind();
            return {};
        }
        Kind kind = Kind::Array;
        Kind quoted = Kind::Array;
        std::string text;
    } handler;
    const std::string value = scalar.toStdString();
    QVERIFY(readYaml(*memorySource("a: " + value + "\nq: \"" + value + "\"\n"), {}, handler));
    QTEST(int(handler.kind), "kind");
    QCOMPARE(handler.text, value);
    QCOMPARE(int(handler.quoted), int(Kind::String));
}

void TestYaml::placesCountBytes()
{
    const Yaml yaml = readIt("\xC3\xA9: \xE2\x82\xAC\nb: [1, x]\nc:\n  - {d: 2}\n", {}, true);
    QVERIFY(!yaml.error);
    QCOMPARE(yaml.got.documents.at(0),
        "{\xC3\xA9:\"\xE2\x82\xAC\"@4,1:5 b:[1@12,2:5 \"x\"@15,2:8]@11,2:4 "
        "c:[{d:2@29,4:9}@25,4:5]@23,4:3}@0,1:1");
}

void TestYaml::streamsAndSkips()
{
    Plan plan;
    plan.stream = { "/runs" };
    plan.skip = { "/runs/*/prompt" };
    const Yaml one = readIt("runs:\n- {id: 1, prompt: long}\n- {id: 2}\nend: yes\n", plan);
    QCOMPARE(joined(one.got.elements), "/runs/0={id:1} | /runs/1={id:2}");
    QCOMPARE(joined(one.got.documents), "{runs:[] end:\"yes\"}");
    const Yaml two = readIt("runs: [1]\n---\nruns: [2]\n", plan);
    QCOMPARE(joined(two.got.elements), "/0/runs/0=1 | /1/runs/0=2");
}

void TestYaml::bombs_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("billion laughs") << QByteArray::fromStdString(billionLaughs());
    QTest::newRow("deep flow") << QByteArray(100'000, '[');
    QTest::newRow("deep block") << QByteArray("- ").repeated(100'000);
    QByteArray merges = "a: &a {";
    for (int i = 0; i < 3000; ++i) {
        merges += 'k' + QByteArray::number(i) + ": 1, ";
    }
    merges += "}\nb: {<<: [";
    for (int i = 0; i < 300; ++i) {
        merges += "*a, ";
    }
    QTest::newRow("merges") << merges + "]}\n";
}

void TestYaml::bombs()
{
    QFETCH(QByteArray, text);
    const Yaml yaml = readIt(text.toStdString());
    QVERIFY(yaml.error);
    QVERIFY(!yaml.error->place.empty());
    QCOMPARE(yaml.got.documents.size(), std::size_t(0));
}

void TestYaml::errors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("place");
    const auto row = [](const char* name, const char* text, const char* place) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(place);
    };
    row("self alias", "a: &x [*x]\n", "1:8");
    row("self alias deeper", "a: &x\n  b:\n    c: *x\n", "3:8");
    row("unknown alias", "a: *x\n", "1:4");
    row("complex key", "? [a, b]\n: c\n", "1:3");
    row("unclosed flow", "a: [1, 2\n", "2:1");
    row("bad indent", "a: 1\n b: 2\n", "2:3");
    row("control character", "a: \x01\n", "1:4");
    row("nothing", "# only a comment\n", "");
}

void TestYaml::errors()
{
    QFETCH(QByteArray, text);
    const Yaml yaml = readIt(text.toStdString());
    QVERIFY(yaml.error);
    QTEST(QByteArray::fromStdString(yaml.error->place), "place");
    QVERIFY(!yaml.error->remedy.empty());
    QCOMPARE(yaml.got.documents.size(), std::size_t(0));
}

void TestYaml::truncatedLaterDocument()
{
    const Yaml yaml = readIt("a: 1\n---\na: [2, \n");
    QVERIFY(!yaml.error);
    QVERIFY(yaml.report.truncated);
    QCOMPARE(yaml.report.truncatedAt, "4:1");
    QCOMPARE(joined(yaml.got.documents), "{a:1}");
    QCOMPARE(joined(yaml.got.pointers), "/0");
}

void TestYaml::anySplitGivesTheSameTree()
{
    const std::string text
        = "a: &x {\xC3\xA9: [1, 2.5, .nan]}\r\nb: *x\nc: |\n  text \xE2\x82\xAC\n  more\n---\nd: \"q\\n\"\n";
    const auto whole = readIt(text, {}, true).got.documents;
    QCOMPARE(whole.size(), std::size_t(2));
    QVERIFY(rc::check([&](std::vector<std::uint8_t> sizes) {
        sizes.push_back(1);
        PiecewiseSource source(text, { sizes.begin(), sizes.end() });
        RC_ASSERT(readFrom(source, {}, true).got.documents == whole);
    }));
}

QTEST_GUILESS_MAIN(TestYaml)
#include "tst_yaml.moc"
