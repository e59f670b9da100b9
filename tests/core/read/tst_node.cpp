// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/documents.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;

namespace {

/// Runs `check` on the root of a JSON text; a Node lives no longer than that.
template <class Check>
void withJson(const std::string& text, Check check)
{
    struct Handler : DocumentHandler {
        explicit Handler(Check c)
            : check(c)
        {
        }
        Result<void> document(const Node& root, std::size_t) override
        {
            ++calls;
            check(root);
            return {};
        }
        Check check;
        int calls = 0;
    } handler(check);
    QVERIFY(readJson(*memorySource(text), {}, handler));
    QCOMPARE(handler.calls, 1);
}

} // namespace

class TestNode : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbers_data();
    void numbers();
    void integers();
    void booleans();
    void pointers();
    void claims();
    void numbersHaveNoNodes();
};

void TestNode::numbers_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<int>("status");
    QTest::addColumn<double>("number"); ///< -1: none
    QTest::addColumn<double>("lenient");
    const auto row = [](const char* json, Status status, double number, double lenient) {
        QTest::newRow(json) << QByteArray(json) << int(status) << number << lenient;
    };
    row("1.5", Status::Ok, 1.5, 1.5);
    row("NaN", Status::NotANumber, -1, -1);
    row("Infinity", Status::Infinite, -1, -1);
    row("-Infinity", Status::Infinite, -1, -1);
    row("1e400", Status::Infinite, -1, -1);
    row("\"1.0\"", Status::Ok, -1, 1.0);
    row("\" 1,020.58 \"", Status::Ok, -1, 1020.58);
    row("\"inf\"", Status::Infinite, -1, -1);
    row("\"-inf\"", Status::Infinite, -1, -1);
    row("\"NaN\"", Status::NotANumber, -1, -1);
    for (const char* missing :
        { "null", "\"\"", "\"None\"", "\"N/A\"", "\"-\"", "\"abc\"", "true", "{}", "[]" }) {
        row(missing, Status::Missing, -1, -1);
    }
}

void TestNode::numbers()
{
    QFETCH(QByteArray, json);
    QFETCH(int, status);
    QFETCH(double, number);
    QFETCH(double, lenient);
    withJson("{\"v\":" + json.toStdString() + '}', [&](const Node& root) {
        const Node& node = *root.find("v");
        QCOMPARE(int(node.status()), status);
        QCOMPARE(node.number().value_or(-1), number);
        QCOMPARE(node.lenientNumber().value_or(-1), lenient);
    });
}

void TestNode::integers()
{
    withJson(
        R"({"ns":1762551801663056123,"max":18446744073709551615,"whole":3.0,"part":3.5,"text":"123","neg":-7,"big":1e300})",
        [](const Node& root) {
            QCOMPARE(*root.find("ns")->integer(), 1762551801663056123);
            QVERIFY(!root.find("max")->integer());
            QCOMPARE(root.find("max")->text(), std::string_view("18446744073709551615"));
            QCOMPARE(*root.find("whole")->integer(), 3);
            QVERIFY(!root.find("part")->integer());
            QCOMPARE(*root.find("text")->integer(), 123);
            QCOMPARE(*root.find("neg")->integer(), -7);
            QVERIFY(!root.find("big")->integer());
        });
}

void TestNode::booleans()
{
    withJson(R"({"a":true,"b":"False","c":"TRUE","d":1,"e":"yes","f":null})", [](const Node& root) {
        QCOMPARE(root.find("a")->boolean(), std::optional(true));
        QCOMPARE(root.find("b")->boolean(), std::optional(false));
        QCOMPARE(root.find("c")->boolean(), std::optional(true));
        for (const char* none : { "d", "e", "f" }) {
            QVERIFY(!root.find(none)->boolean());
        }
    });
}

void TestNode::pointers()
{
    withJson(R"({"a":[{"x/y":1},{"~":{"":2}}],"n":null})", [](const Node& root) {
        QCOMPARE(root.at("/a/0/x~1y")->text(), std::string_view("1"));
        QCOMPARE(root.at("/a/1/~0/")->text(), std::string_view("2"));
        QCOMPARE(root.at(""), &root);
        QCOMPARE(root.at("/a/1/~0/")->pointer(), "/a/1/~0/");
        QCOMPARE(root.at("/a/0/x~1y")->pointer(), "/a/0/x~1y");
        QVERIFY(root.has("/n"));
        for (const char* nowhere : { "/b", "/a/2", "/a/x", "/a/-1", "a", "/n/x", "/a/0/x", "/" }) {
            QVERIFY2(!root.at(nowhere), nowhere);
        }
        QCOMPARE(root.find("a")->size(), std::size_t(2));
        QCOMPARE(root.at("/a/1")->index(), 1u);
        QCOMPARE(root.at("/a/1")->parent(), root.find("a"));
    });
}

void TestNode::claims()
{
    withJson(R"({"a":{"b":1,"c":2},"d":3})", [](const Node& root) {
        QVERIFY(!root.at("/a/b")->claimed());
        root.at("/a/b")->claim();
        QVERIFY(root.at("/a/b")->claimed());
        QVERIFY(!root.at("/a/c")->claimed());
        QVERIFY(!root.at("/a")->claimed());
        root.at("/a")->claim();
        QVERIFY(root.at("/a/c")->claimed());
        QVERIFY(!root.at("/d")->claimed());
    });
}

void TestNode::numbersHaveNoNodes()
{
    withJson(R"({"a":[1,2.5],"b":[]})", [](const Node& root) {
        const Node& numbers = *root.find("a");
        QVERIFY(numbers.isArray());
        QCOMPARE(numbers.size(), std::size_t(2));
        QCOMPARE(numbers.numbers()[1], 2.5);
        QVERIFY(numbers.begin() == numbers.end());
        QVERIFY(!root.at("/a/0"));
        QVERIFY(numbers.text().empty());
        QCOMPARE(int(root.find("b")->kind()), int(Kind::Array));
        QVERIFY(root.find("b")->numbers().empty());
    });
}

QTEST_GUILESS_MAIN(TestNode)
#include "tst_node.moc"
