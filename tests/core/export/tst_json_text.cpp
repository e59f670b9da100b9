// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/json_text.h"
#include "core/export/points_csv.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <rapidcheck.h>

#include <limits>

using namespace prism;

class TestJsonText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nestedContainers()
    {
        JsonText json;
        json.object().key("a").array().number(1.5).number(std::int64_t(-2)).flag(true).endArray();
        json.key("b").object().endObject().member("c", "d").memberIfAny("e", "").endObject();
        QCOMPARE(json.str(), std::string(R"({"a":[1.5,-2,true],"b":{},"c":"d"})"));
    }

    void thousandthsAreExact()
    {
        const auto text = [](std::int64_t value) { return JsonText().thousandths(value).take(); };
        QCOMPARE(text(0), std::string("0"));
        QCOMPARE(text(1'000), std::string("1"));
        QCOMPARE(text(7), std::string("0.007"));
        QCOMPARE(text(-1'020), std::string("-1.020"));
        QCOMPARE(text(31'536'000'123'456'789), std::string("31536000123456.789"));
        QCOMPARE(text(std::numeric_limits<std::int64_t>::min()), std::string("-9223372036854775.808"));
    }

    void anyBytesGiveValidJson()
    {
        QVERIFY(rc::check([](const std::string& text) {
            const std::string json = JsonText().object().member("t", text).endObject().take();
            QJsonParseError error;
            QJsonDocument::fromJson(QByteArray::fromStdString(json), &error);
            RC_ASSERT(error.error == QJsonParseError::NoError);
        }));
    }

    void validTextComesBack()
    {
        const QString text = QStringLiteral("käse\t\"quoted\" \\ 中 🙂\n");
        const std::string json = JsonText().object().member("t", text.toStdString()).endObject().take();
        QCOMPARE(
            QJsonDocument::fromJson(QByteArray::fromStdString(json)).object()[QStringLiteral("t")].toString(),
            text);
    }

    void numbersKeepEveryBit()
    {
        QVERIFY(rc::check([](double value) {
            RC_PRE(std::isfinite(value));
            RC_ASSERT(std::stod(JsonText().number(value).str()) == value);
        }));
        QCOMPARE(JsonText().number(std::numeric_limits<double>::quiet_NaN()).str(), std::string("\"nan\""));
    }

    void cellsAreQuotedAndNeverFormulas()
    {
        QCOMPARE(csvCell("plain"), std::string("plain"));
        QCOMPARE(csvCell("a,b"), std::string("\"a,b\""));
        QCOMPARE(csvCell("say \"hi\""), std::string("\"say \"\"hi\"\"\""));
        QCOMPARE(csvCell("=1+1"), std::string("'=1+1"));
        QCOMPARE(csvCell("@cmd,x"), std::string("\"'@cmd,x\""));
        QCOMPARE(csvCell("-3.5", true), std::string("-3.5"));
    }
};

QTEST_GUILESS_MAIN(TestJsonText)
#include "tst_json_text.moc"
