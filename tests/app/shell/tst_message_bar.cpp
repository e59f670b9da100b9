// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/message_bar.h"
#include "tests/support/no_qt_warnings.h"

#include <QHelpEvent>
#include <QLabel>
#include <QToolTip>
#include <QtTest>

using namespace prism::app;

namespace {

const QString sentence = QStringLiteral(
    "Some requests are not seen: a client spoke TLS, of which only times and bytes are told.");

} // namespace

class TestMessageBar : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void whatIsCutIsWholeInTheTooltip()
    {
        MessageBar bar;
        auto* stays = new QLabel(QStringLiteral("a.prism · 4 MB"), &bar);
        bar.addPermanentWidget(stays);
        bar.resize(300, 24);
        bar.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bar)); // laid out
        bar.showMessage(sentence);
        QVERIFY(bar.shownMessage().endsWith(QStringLiteral(" …")));
        QCOMPARE(bar.currentMessage(), sentence);
        const auto help = [&bar] {
            QHelpEvent event(QEvent::ToolTip, { 20, 10 }, bar.mapToGlobal(QPoint(20, 10)));
            QApplication::sendEvent(&bar, &event);
            return QToolTip::text();
        };
        QVERIFY(help().contains(sentence));
        const int narrow = int(bar.shownMessage().size());
        stays->hide(); // there is more room
        QVERIFY(bar.shownMessage().size() >= narrow);
        bar.resize(2'000, 24);
        QCOMPARE(bar.shownMessage(), sentence);
        (void)help();
        QTRY_VERIFY(QToolTip::text().isEmpty());
    }
};

QTEST_MAIN(TestMessageBar)
#include "tst_message_bar.moc"
