// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/shown_text.h"

#include <QTest>

using namespace prism;

class ShownTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void texts_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("shown");
        const auto row = [](const char* name, const QByteArray& text, const QByteArray& shown) {
            QTest::newRow(name) << text << shown;
        };
        row("plain", "Llama-3.1 8B", "Llama-3.1 8B");
        row("nothing", "", "");
        row("other scripts", "模型 مرحبا é “x” € 👍", "模型 مرحبا é “x” € 👍");
        row("lines", "a\nb\tc\r\n", "a b c  ");
        row("colours of a terminal", "\x1b[31mred\x1b[0m", "[31mred[0m");
        row("title of a terminal", "x\x1b]0;owned\x07y", "x]0;ownedy");
        row("zero and delete",
            QByteArray("a\0b\x7f"
                       "c",
                5),
            "abc");
        row("C1",
            "a\xC2\x9B"
            "31m",
            "a31m");
        row("no-break space",
            "a\xC2\xA0"
            "b",
            "a\xC2\xA0"
            "b");
        row("right-to-left override", "exe.\xE2\x80\xAEgnp", "exe.\\u202Egnp");
        row("isolates", "\xE2\x81\xA6x\xE2\x81\xA9", "\\u2066x\\u2069");
        row("marks", "\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", "\\u200E\\u200F\\u061C");
        row("cut character", "a\xE2\x80", "a\xE2\x80");
        row("only the first byte of one", "a\xE2", "a\xE2");
    }
    void texts()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, shown);
        std::string made = text.toStdString();
        makeShown(made);
        QCOMPARE(QByteArray::fromStdString(made), shown);
    }

    void ofAPointAllButPaths()
    {
        const std::string odd = "a\x1b";
        LoadPoint point;
        point.label = point.group = odd;
        point.attributes.push_back({ "model", odd, odd, Origin::Reported, odd });
        point.warnings.push_back({ "code", odd, odd });
        makeShown(point);
        QCOMPARE(point.label + point.group, std::string("aa"));
        QCOMPARE(toText(point.attributes[0].value) + point.attributes[0].given, std::string("aa"));
        QCOMPARE(point.attributes[0].path, odd);
        QCOMPARE(point.warnings[0].text, std::string("a"));
        QCOMPARE(point.warnings[0].path, odd);
    }
};

QTEST_GUILESS_MAIN(ShownTextTest)
#include "tst_shown_text.moc"
