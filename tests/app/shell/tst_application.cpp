// SPDX-License-Identifier: GPL-3.0-or-later
// The program from the outside, as a script starts it.
#include "prism_test_paths.h"
#include "tests/support/own_folders.h"

#include <QImage>
#include <QProcess>
#include <QProcessEnvironment>
#include <QtTest>

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 120'000;

struct Ended {
    int status = -1;
    QString out;
    QString err;
};

} // namespace

class TestApplication : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    static Ended runWithoutDisplay(const QStringList& arguments)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : { "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR" }) {
            environment.remove(QString::fromLatin1(name));
        }
        QProcess prism;
        prism.setProcessEnvironment(environment);
        prism.start(QStringLiteral(PRISM_BIN_DIR "/prism"), arguments);
        Ended ended;
        if (prism.waitForFinished(patienceMs) && prism.exitStatus() == QProcess::NormalExit) {
            ended.status = prism.exitCode();
        }
        ended.out = QString::fromUtf8(prism.readAllStandardOutput());
        ended.err = QString::fromUtf8(prism.readAllStandardError());
        return ended;
    }

private Q_SLOTS:
    void wordsNeedNoDisplay_data()
    {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("said");
        QTest::newRow("help") << QStringLiteral("--help") << QStringLiteral("--render");
        QTest::newRow("short help") << QStringLiteral("-h") << QStringLiteral("--db");
        QTest::newRow("version") << QStringLiteral("--version") << QStringLiteral("prism");
    }
    void wordsNeedNoDisplay()
    {
        QFETCH(QString, option);
        QFETCH(QString, said);
        const Ended ended = runWithoutDisplay({ option });
        QCOMPARE(ended.err, QString());
        QCOMPARE(ended.status, 0);
        QVERIFY2(ended.out.contains(said, Qt::CaseInsensitive), qPrintable(ended.out));
    }

    void aWindowWithoutADisplayIsRefusedWithWhatToDo()
    {
        const Ended ended = runWithoutDisplay({});
        QCOMPARE(ended.status, 1);
        QVERIFY2(ended.err.startsWith(QLatin1String("prism: there is no display")), qPrintable(ended.err));
        QVERIFY(ended.err.contains(QLatin1String("--render")));
    }

    void aPictureSaysItsPlaceAndNothingElse()
    {
        const QString picture = m_dir.filePath(QStringLiteral("a.png"));
        const Ended ended
            = runWithoutDisplay({ QStringLiteral("--db"), m_dir.filePath(QStringLiteral("a.db")),
                QStringLiteral("--size"), QStringLiteral("1200x800"), QStringLiteral("--render"), picture });
        QCOMPARE(ended.err, QString());
        QCOMPARE(ended.status, 0);
        QCOMPARE(ended.out.trimmed(), picture);
        QCOMPARE(QImage(picture).size(), QSize(1200, 800));
    }

    void aPictureThatCannotBeWrittenIsAnError()
    {
        const Ended ended
            = runWithoutDisplay({ QStringLiteral("--db"), m_dir.filePath(QStringLiteral("b.db")),
                QStringLiteral("--render"), m_dir.filePath(QStringLiteral("none/a.png")) });
        QCOMPARE(ended.status, 1);
        QVERIFY2(ended.err.contains(QLatin1String("cannot be written")), qPrintable(ended.err));
    }
};

QTEST_GUILESS_MAIN(TestApplication)
#include "tst_application.moc"
