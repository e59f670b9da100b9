// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/helper/doctor/doctor.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

#include <algorithm>
#include <unistd.h>

using namespace prism::probes;

namespace {

int openFiles()
{
    const QDir folder(QStringLiteral("/proc/self/fd"));
    return static_cast<int>(folder.entryList(QDir::Files | QDir::System).size());
}

} // namespace

class TestDoctor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatOurProgramsAttachToIsTried()
    {
        QStringList tried;
        for (const Feature& feature : examine()) {
            tried << QString::fromStdString(feature.name);
        }
        const QDir folder(QStringLiteral(PRISM_SOURCE_DIR "/probes/bpf"));
        const QRegularExpression section(QStringLiteral("SEC\\(\\x22tp_btf/(\\w+)\\x22\\)"));
        int programs = 0;
        for (const QString& name : folder.entryList({ QStringLiteral("*.bpf.c") })) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            auto match = section.globalMatch(QString::fromUtf8(file.readAll()));
            while (match.hasNext()) {
                const QString tracepoint = match.next().captured(1);
                QVERIFY2(tried.contains(QStringLiteral("tp_btf ") + tracepoint), qPrintable(tracepoint));
                ++programs;
            }
        }
        QVERIFY(programs > 5);
    }

    void nothingIsLeftOpen()
    {
        examine(); // libraries that stay loaded may keep a file
        const int before = openFiles();
        const auto features = examine();
        QCOMPARE(openFiles(), before); // programs and links live as long as their descriptors
        if (::geteuid() != 0) {
            QSKIP("needs root: nothing was attached");
        }
        const auto ring = std::ranges::find(features, "ring buffer", &Feature::name);
        QVERIFY2(ring->works, ring->reason.c_str());
    }

    void whatDoesNotWorkHasAReason()
    {
        for (const Feature& feature : examine()) {
            QVERIFY2(!feature.reason.empty(), feature.name.c_str());
            const auto line = QJsonDocument::fromJson(QByteArray::fromStdString(jsonLine(feature))).object();
            QCOMPARE(line["feature"].toString().toStdString(), feature.name);
            QCOMPARE(line["works"].toBool(), feature.works);
        }
    }
};

QTEST_GUILESS_MAIN(TestDoctor)
#include "tst_doctor.moc"
