// SPDX-License-Identifier: GPL-3.0-or-later
// A table of unknown make, from the proposal to points that apply themselves to the next file.
#include "prism_test_paths.h"
#include "tests/support/own_folders.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const prism::test::OwnFolders folders;

struct Ran {
    int status = -1;
    QString out;
    QString err;
};

Ran run(const QStringList& arguments)
{
    QProcess process;
    process.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"), arguments);
    process.waitForFinished(60'000);
    return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
        QString::fromUtf8(process.readAllStandardOutput()),
        QString::fromUtf8(process.readAllStandardError()) };
}

} // namespace

class TestMappingCommand : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString write(const char* name, const QByteArray& text)
    {
        QFile file(m_folder.filePath(QLatin1String(name)));
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? file.fileName()
                                                                                  : QString();
    }

    /// What import says of the file.
    QJsonObject import(const QString& file, const QStringList& more = {})
    {
        const Ran ran = run(QStringList { QStringLiteral("import"), QStringLiteral("--json"),
                                QStringLiteral("--db"), m_folder.filePath(QStringLiteral("x.db")), file }
            + more);
        return QJsonDocument::fromJson(ran.out.toUtf8()).object();
    }

private Q_SLOTS:
    void fromTheProposalToTheNextFile()
    {
        const QString file = write("frob.csv", "users,ttft_p50,tok_s,note\n8,0.25,100,a\n16,0.5,180,b\n");
        QCOMPARE(import(file).value(QLatin1String("outcome")).toString(), QStringLiteral("refused"));

        const Ran made = run({ QStringLiteral("mapping"), QStringLiteral("new"), file });
        QCOMPARE(made.status, 0);
        QVERIFY2(made.out.contains(QLatin1String("the unit of TTFT is not stated")), qPrintable(made.out));
        QVERIFY(made.out.contains(QLatin1String("look like seconds")));
        // A proposal is applied by nobody, and what it leaves open cannot be accepted.
        QCOMPARE(import(file).value(QLatin1String("outcome")).toString(), QStringLiteral("refused"));
        const QString name = QStringLiteral("frob");
        QCOMPARE(run({ QStringLiteral("mapping"), QStringLiteral("accept"), name }).status, 1);

        QFile saved(
            QFile::decodeName(qgetenv("XDG_DATA_HOME")) + QStringLiteral("/prism/mappings/frob.json"));
        QVERIFY(saved.open(QIODevice::ReadWrite));
        QByteArray text = saved.readAll();
        QVERIFY(text.contains(R"("stat": "p50",)"));
        text.replace(R"("stat": "p50",)", R"("stat": "p50", "unit": "s",)");
        QVERIFY(saved.resize(0) && saved.seek(0) && saved.write(text) == text.size());
        saved.close();
        const Ran tried = run({ QStringLiteral("mapping"), QStringLiteral("test"), name, file });
        QCOMPARE(tried.status, 0);
        QVERIFY2(tried.out.startsWith(QLatin1String("2 points, 0 requests; nothing is stored")),
            qPrintable(tried.out));
        QVERIFY2(tried.out.contains(QLatin1String("250")), qPrintable(tried.out));
        QCOMPARE(import(file).value(QLatin1String("outcome")).toString(), QStringLiteral("refused"));
        QCOMPARE(run({ QStringLiteral("mapping"), QStringLiteral("accept"), name }).status, 0);

        const QJsonObject imported = import(file);
        QCOMPARE(imported.value(QLatin1String("outcome")).toString(), QStringLiteral("imported"));
        QCOMPARE(imported.value(QLatin1String("producer")).toString(), QStringLiteral("mapping-frob"));
        QCOMPARE(imported.value(QLatin1String("points")).toInt(), 2);
        const QJsonObject next = import(write("next.csv", "users,ttft_p50,tok_s,note\n32,0.75,200,c\n"));
        QCOMPARE(next.value(QLatin1String("producer")).toString(), QStringLiteral("mapping-frob"));

        // A changed mapping reads old bytes anew; an unchanged one does not.
        QCOMPARE(import(file).value(QLatin1String("outcome")).toString(), QStringLiteral("unchanged"));
        QVERIFY(saved.open(QIODevice::ReadWrite));
        text = saved.readAll().replace(R"("unit": "s")", R"("unit": "ms")");
        QVERIFY(saved.resize(0) && saved.seek(0) && saved.write(text) == text.size());
        saved.close();
        QCOMPARE(import(file).value(QLatin1String("outcome")).toString(), QStringLiteral("imported"));
    }

    void aMappingByItsFile()
    {
        const QString mapping = write("m.json",
            R"({"prism_mapping":1,"name":"mine","format":"json","one_row_is":"request","rows":"/r","columns":[],)"
            R"("values":[{"column":"/t0","request":"start","unit":"s"},{"column":"/t1","request":"end","unit":"s"}]})");
        const QString file = write("requests.json", R"({"r":[{"t0":1,"t1":2},{"t0":2,"t1":4}]})");
        const QStringList forced { QStringLiteral("--mapping"), mapping };
        const QJsonObject imported = import(file, forced);
        QCOMPARE(imported.value(QLatin1String("outcome")).toString(), QStringLiteral("imported"));
        QCOMPARE(imported.value(QLatin1String("requests")).toInt(), 2);
        const QJsonObject gone = import(write("other.json", R"({"r":[{"t0":1}]})"), forced);
        QCOMPARE(gone.value(QLatin1String("outcome")).toString(), QStringLiteral("refused"));
        QVERIFY(
            QString::fromUtf8(QJsonDocument(gone).toJson()).contains(QLatin1String("needs the column /t1")));
    }
};

QTEST_GUILESS_MAIN(TestMappingCommand)
#include "tst_mapping.moc"
