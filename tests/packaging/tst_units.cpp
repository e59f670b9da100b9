// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/helper/access/permission.h"
#include "probes/helper/access/privileges.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

namespace {

QString packaging(const char* name)
{
    return QStringLiteral(PRISM_SOURCE_DIR "/packaging/") + QString::fromUtf8(name);
}

struct Run {
    int status = -1;
    QString output;
};

Run run(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    process.waitForFinished(60'000);
    return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
        QString::fromUtf8(process.readAll()) };
}

/// Values of a setting of the service, joined.
QStringList setting(const QString& name)
{
    QFile file(packaging("systemd/prism-probed.service"));
    QStringList values;
    if (file.open(QIODevice::ReadOnly)) {
        for (const QString& line : QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'))) {
            if (line.startsWith(name + QLatin1Char('='))) {
                values << line.mid(name.size() + 1).split(QLatin1Char(' '));
            }
        }
    }
    return values;
}

bool missing(const char* program)
{
    return QStandardPaths::findExecutable(QString::fromUtf8(program)).isEmpty();
}

} // namespace

/// What stands in packaging/, looked at with the tools of its readers. No systemd needs to run.
class TestUnits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unitsAreUnderstood()
    {
        if (missing("systemd-analyze")) {
            QSKIP("needs systemd-analyze, which is not installed");
        }
        QTemporaryDir folder;
        const QString socket = folder.filePath(QStringLiteral("prism-probed.socket"));
        const QString service = folder.filePath(QStringLiteral("prism-probed.service"));
        QVERIFY(QFile::copy(packaging("systemd/prism-probed.socket"), socket));
        QFile from(packaging("systemd/prism-probed.service"));
        QFile to(service);
        QVERIFY(from.open(QIODevice::ReadOnly) && to.open(QIODevice::WriteOnly));
        to.write(from.readAll().replace("/usr/bin/prism-probed", PRISM_BIN_DIR "/prism-probed"));
        to.close();
        const Run verified
            = run(QStringLiteral("systemd-analyze"), { "verify", "--man=no", socket, service });
        QCOMPARE(verified.output, QString());
        QCOMPARE(verified.status, 0);
    }

    void theServiceIsExposedLittle()
    {
        if (missing("systemd-analyze")) {
            QSKIP("needs systemd-analyze, which is not installed");
        }
        // In tenths; what is left is /proc, the capabilities and the user namespace that it is made for.
        const Run judged = run(QStringLiteral("systemd-analyze"),
            { "security", "--offline=true", "--threshold=22", packaging("systemd/prism-probed.service") });
        QVERIFY2(judged.status == 0, qPrintable(judged.output));
    }

    void theServiceHasTheFiveCapabilities()
    {
        const QStringList five { "CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH",
            "CAP_CHECKPOINT_RESTORE" };
        QCOMPARE(setting(QStringLiteral("AmbientCapabilities")), five);
        QCOMPARE(setting(QStringLiteral("CapabilityBoundingSet")), five);
        QCOMPARE(__builtin_popcountll(prism::probes::neededCapabilities), 5);
    }

    void thePolicyHasTheActionThatIsAsked()
    {
        QFile file(packaging("polkit/org.prismbench.prism.policy"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QXmlStreamReader xml(&file);
        QStringList actions;
        QStringList keys;
        while (!xml.atEnd()) {
            if (xml.readNext() == QXmlStreamReader::StartElement) {
                if (xml.name() == QLatin1String("action")) {
                    actions << xml.attributes().value(QLatin1String("id")).toString();
                }
                if (xml.name() == QLatin1String("allow_active")) {
                    keys << xml.readElementText();
                }
            }
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QVERIFY(actions.contains(QString::fromUtf8(prism::probes::attachOtherUserAction)));
        QCOMPARE(keys, QStringList({ "auth_admin_keep", "auth_admin_keep" }));
    }

    void theUserIsMade()
    {
        if (missing("systemd-sysusers")) {
            QSKIP("needs systemd-sysusers, which is not installed");
        }
        QTemporaryDir root;
        QDir(root.path()).mkpath(QStringLiteral("etc"));
        const Run made = run(QStringLiteral("systemd-sysusers"),
            { QStringLiteral("--root=") + root.path(), packaging("sysusers/prism-probe.conf") });
        QVERIFY2(made.status == 0, qPrintable(made.output));
        QFile users(root.filePath(QStringLiteral("etc/passwd")));
        QVERIFY(users.open(QIODevice::ReadOnly));
        QVERIFY(users.readAll().contains("prism-probe:"));
    }

    /// A double click on a recording opens Prism.
    void recordingsHaveAType()
    {
        if (missing("update-mime-database")) {
            QSKIP("needs update-mime-database, which is not installed");
        }
        QTemporaryDir types;
        QDir(types.path()).mkpath(QStringLiteral("packages"));
        QVERIFY(QFile::copy(packaging("mime/org.prismbench.Prism.xml"),
            types.filePath(QStringLiteral("packages/org.prismbench.Prism.xml"))));
        const Run made = run(QStringLiteral("update-mime-database"), { types.path() });
        QVERIFY2(made.status == 0, qPrintable(made.output));
        QFile globs(types.filePath(QStringLiteral("globs2")));
        QVERIFY(globs.open(QIODevice::ReadOnly));
        QVERIFY(globs.readAll().contains("application/x-prism-live:*.prismlive"));
        QFile entry(packaging("desktop/org.prismbench.Prism.desktop"));
        QVERIFY(entry.open(QIODevice::ReadOnly));
        QVERIFY(entry.readAll().contains("application/x-prism-live;"));
    }

    void desktopFilesAreValid_data()
    {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("desktop entry") << QStringLiteral("desktop-file-validate")
                                       << QStringList { packaging("desktop/org.prismbench.Prism.desktop") };
        QTest::newRow("metainfo") << QStringLiteral("appstreamcli")
                                  << QStringList { "validate", "--no-net",
                                         packaging("metainfo/org.prismbench.Prism.metainfo.xml") };
        QTest::newRow("type of recordings") << QStringLiteral(
            "xmllint") << QStringList { "--noout", packaging("mime/org.prismbench.Prism.xml") };
        QTest::newRow("manual of the window")
            << QStringLiteral("man") << QStringList { "--warnings", "-l", packaging("man/prism.1") };
        QTest::newRow("manual") << QStringLiteral("man")
                                << QStringList { "--warnings", "-l", packaging("man/prism-probed.8") };
    }
    void desktopFilesAreValid()
    {
        QFETCH(QString, program);
        QFETCH(QStringList, arguments);
        if (missing(program.toUtf8().constData())) {
            QSKIP(qPrintable(QStringLiteral("needs %1, which is not installed").arg(program)));
        }
        const Run checked = run(program, arguments);
        QVERIFY2(checked.status == 0 && !checked.output.contains(QLatin1String("warning")),
            qPrintable(checked.output));
    }
};

QTEST_GUILESS_MAIN(TestUnits)
#include "tst_units.moc"
