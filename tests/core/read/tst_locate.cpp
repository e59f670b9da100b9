// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/documents.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;

namespace {

/// Each value's pointer, place and kind, as a document's nodes tell them.
class AllNodes : public DocumentHandler {
public:
    Result<void> document(const Node& root, std::size_t) override
    {
        visit(root);
        return {};
    }
    std::vector<std::pair<std::string, Place>> nodes;

private:
    void visit(const Node& node)
    {
        nodes.emplace_back(node.pointer(), node.place());
        for (const Node& child : node) {
            visit(child);
        }
    }
};

using Locate = std::optional<Located> (*)(ByteSource&, std::string_view);

QByteArray found(const std::string& text, Locate locate, std::string_view pointer)
{
    const auto at = locate(*memorySource(text), pointer);
    return at ? QByteArray::fromStdString(text.substr(at->begin.byte, at->endByte - at->begin.byte))
              : "(nothing)";
}

} // namespace

class TestLocate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void json_data();
    void json();
    void yaml_data();
    void yaml();
    void everyNodeIsFoundWhereItSaysItIs();
};

void TestLocate::json_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("pointer");
    QTest::addColumn<QByteArray>("value");
    const QByteArray one = R"(log
{"a": [1, 2.5, {"b": "x\"y"}], "c/d": null, "e": NaN, "a~": [[1, 2], [3]], "*": true}
)";
    const auto row = [](const QByteArray& text, const char* pointer, const char* value) {
        QTest::addRow("%s %s", text.left(8).simplified().constData(), pointer)
            << text << QByteArray(pointer) << QByteArray(value);
    };
    row(one, "/a", "[1, 2.5, {\"b\": \"x\\\"y\"}]");
    row(one, "/a/1", "2.5");
    row(one, "/a/2/b", "\"x\\\"y\"");
    row(one, "/c~1d", "null");
    row(one, "/e", "NaN");
    row(one, "/a~0/0/1", "2");
    row(one, "/a~0/1", "[3]");
    row(one, "/*", "true");
    row(one, "", one.mid(4).trimmed());
    row(one, "/nowhere", "(nothing)");
    row(one, "/a/9", "(nothing)");
    const QByteArray lines = "{\"a\":1}\n{\"a\":22,\"0\":{\"a\":3}}\n";
    row(lines, "/0/a", "1");
    row(lines, "/1/a", "22");
    row(lines, "/1/0/a", "3");
    row(lines, "/1", "{\"a\":22,\"0\":{\"a\":3}}");
    row("[{\"x\":7}]", "/0/x", "7");
    row("[{\"x\":7}]", "/0", "{\"x\":7}");
    row("[[1],2]\n[3]", "/0", "[[1],2]");
    row("[[1],2]\n[3]", "/0/0", "[1]");
    row("{\"k\":1,\"k\":2}", "/k", "2");
}

void TestLocate::json()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, pointer);
    QTEST(found(text.toStdString(), locateInJson, pointer.toStdString()), "value");
}

void TestLocate::yaml_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("pointer");
    QTest::addColumn<QByteArray>("value");
    const QByteArray one = "a:\n  b: [1, 2.5]\n  \xC3\xA9: 'q t'\nlist:\n- x: 1\n- y: 2\n  z: 3\n\nend: 1\n";
    const auto row = [](const QByteArray& text, const char* pointer, const char* value) {
        QTest::addRow("%s %s", text.left(4).simplified().constData(), pointer)
            << text << QByteArray(pointer) << QByteArray(value);
    };
    row(one, "/a/b", "[1, 2.5]");
    row(one, "/a/b/1", "2.5");
    row(one, "/a/\xC3\xA9", "'q t'");
    row(one, "/list/1", "y: 2\n  z: 3");
    row(one, "/list", "- x: 1\n- y: 2\n  z: 3");
    row(one, "/end", "1");
    row(one, "/no", "(nothing)");
    row("k: 1\n---\nk: 2\n", "/1/k", "2");
    row("k: 1\n---\nk: 2\n", "/0/k", "1");
    row("k: &a {x: 5}\nl: *a\n", "/l/x", "5");
}

void TestLocate::yaml()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, pointer);
    QTEST(found(text.toStdString(), locateInYaml, pointer.toStdString()), "value");
}

void TestLocate::everyNodeIsFoundWhereItSaysItIs()
{
    const std::string text = "noise\n{\n \"a\": [ {\"b\" : \"\\u00e9\"} , 2 , \"\xC3\xA9\" "
                             "],\n\"c\":{\"\\n\":[true,[]]} }\n[\"z\"]\n";
    AllNodes all;
    QVERIFY(readJson(*memorySource(text), {}, all));
    QCOMPARE(all.nodes.size(), std::size_t(12));
    for (const auto& [pointer, place] : all.nodes) {
        const auto at = locateInJson(*memorySource(text), pointer);
        QVERIFY2(at, pointer.c_str());
        QCOMPARE(at->begin.byte, place.byte);
        QCOMPARE(at->begin.text(), place.text());
        QVERIFY(at->endByte > place.byte);
    }
}

QTEST_GUILESS_MAIN(TestLocate)
#include "tst_locate.moc"
