// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/helper.h"
#include "prism_test_paths.h"

#include <QFile>
#include <QTest>

#include <unistd.h>

using namespace prism;
using namespace prism::live;

/// Which way to the helper is taken.
class TestHelperAddress : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prism-probed"))) {
            QSKIP("this configuration does not build prism-probed");
        }
        if (QFile::exists(QStringLiteral("/run/prism/probed.sock"))) {
            QSKIP("the service runs here: it is asked first");
        }
    }

    /// A list takes no rights: whoever has none and no way to any lists by the program itself.
    void whoHasNoRightsCanList()
    {
        const uid_t before = geteuid();
        if (before == 0) {
            QCOMPARE(seteuid(65534), 0);
        }
        const auto lister = findLister({});
        const auto helper = findHelper({});
        const auto named = findLister("/nonexistent");
        if (before == 0) {
            QCOMPARE(seteuid(before), 0);
        }
        QVERIFY2(lister, lister ? "" : lister.error().text().c_str());
        QCOMPARE(int(lister->kind), int(HelperAddress::Program));
        QCOMPARE(lister->command.size(), std::size_t(2));
        QVERIFY(lister->command.front().ends_with("prism-probed"));
        QVERIFY(!asksForPassword(*lister));
        QVERIFY(!named); // who is named is meant
        if (!helper) {
            QVERIFY2(helper.error().remedy.find("--helper none") != std::string::npos,
                helper.error().text().c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestHelperAddress)
#include "tst_helper_address.moc"
