// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/settings/settings.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace prism;

class TestSettings : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void init()
    {
        qputenv("XDG_CONFIG_HOME", QFile::encodeName(m_folder.path() + QStringLiteral("/config")));
        qputenv("XDG_DATA_HOME", QFile::encodeName(m_folder.path() + QStringLiteral("/data")));
        qunsetenv("PRISM_DB");
        qunsetenv("PRISM_THEME");
    }

    void theNearestWins()
    {
        QCOMPARE(setting("database").value,
            (m_folder.path() + QStringLiteral("/data/prism/prism.db")).toStdString());
        QCOMPARE(setting("database").origin, std::string("default"));
        QDir().mkpath(m_folder.path() + QStringLiteral("/config/prism"));
        QFile file(QString::fromStdString(settingsFile()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("[Other]\ndatabase=/wrong.db\n[General]\ndatabase=/file.db\n");
        file.close();
        QCOMPARE(setting("database").value, std::string("/file.db"));
        QCOMPARE(setting("database").origin, settingsFile());
        qputenv("PRISM_DB", "/environment.db");
        QCOMPARE(setting("database").value, std::string("/environment.db"));
        QCOMPARE(setting("database").origin, std::string("PRISM_DB"));
        QCOMPARE(setting("database", "/given.db").origin, std::string("command line"));
        QCOMPARE(allSettings("/given.db").front().value, std::string("/given.db"));
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
