// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/secrets.h"

#include "core/import/point_writer.h"

#include <QtTest>

using namespace prism;

class TestSecrets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void names_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("secret");
        for (const char* name : { "api_key", "API Key", "WANDB_API_KEY", "openai-api-key", "auth_config",
                 "Authorization", "token", "HF_TOKEN", "password", "aws_secret_key", "headers" }) {
            QTest::newRow(name) << name << true;
        }
        for (const char* name :
            { "tokens", "num_tokens", "tokenizer", "max_tokens", "key", "model", "authors" }) {
            QTest::newRow(name) << name << false;
        }
    }
    void names()
    {
        QFETCH(QString, name);
        QFETCH(bool, secret);
        QCOMPARE(namesSecret(name.toStdString()), secret);
    }

    void texts_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("left");
        QTest::newRow("nothing") << "H100 SXM, --tp 8"
                                 << "H100 SXM, --tp 8";
        QTest::newRow("query") << "http://h:8000/v1?key=secret"
                               << "http://h:8000/v1?…";
        QTest::newRow("query of a path") << "POST /v1/chat?key=secret"
                                         << "POST /v1/chat?…";
        QTest::newRow("query in brackets") << "(http://h/x?key=secret)"
                                           << "(http://h/x?…)";
        QTest::newRow("a question") << "really? n/a what?ever"
                                    << "really? n/a what?ever";
        QTest::newRow("user") << "see https://me:secret@h/x, then"
                              << "see https://…@h/x, then";
        QTest::newRow("two") << "http://a?k=secret http://b/c"
                             << "http://a?… http://b/c";
        QTest::newRow("an at sign in the path") << "http://h/a@b"
                                                << "http://h/a@b";
        QTest::newRow("bearer") << "Authorization: Bearer sk-secret\""
                                << "Authorization: Bearer …\"";
        QTest::newRow("option") << "bench --api-key sk-secret --model m"
                                << "bench --api-key … --model m";
        QTest::newRow("option with a sign") << "bench --api-key=sk-secret"
                                            << "bench --api-key=…";
        QTest::newRow("option without a value") << "bench --password --model m"
                                                << "bench --password --model m";
        QTest::newRow("option at the end") << "bench --token"
                                           << "bench --token";
    }
    void texts()
    {
        QFETCH(QString, text);
        QFETCH(QString, left);
        QCOMPARE(QString::fromStdString(withoutSecrets(text.toStdString())), left);
    }

    void extrasHaveNone()
    {
        PointWriter out(0);
        out.extra("/host", "http://h/v1?key=secret");
        QCOMPARE(out.take().extras[0].text, std::string("http://h/v1?…"));
    }
};

QTEST_GUILESS_MAIN(TestSecrets)
#include "tst_secrets.moc"
