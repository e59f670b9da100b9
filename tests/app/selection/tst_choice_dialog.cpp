// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/choice_dialog.h"

#include "tests/support/no_qt_warnings.h"

#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace prism::app;

/// One of many, by typing a part of its name and nothing but the keyboard.
class TestChoiceDialog : public QObject {
    Q_OBJECT

    static QStringList many()
    {
        QStringList names;
        for (int i = 0; i < 200; ++i) {
            names << QStringLiteral("Llama-%1 · vLLM").arg(i, 3, 10, QLatin1Char('0'));
        }
        names << QStringLiteral("Qwen · SGLang");
        return names;
    }

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void wordsAreFoundWherever()
    {
        ChoiceDialog dialog(QStringLiteral("Run"), QStringLiteral("Take"), many(), nullptr);
        dialog.show();
        QSignalSpy chosen(&dialog, &ChoiceDialog::chosen);
        QCOMPARE(dialog.list().model()->rowCount(), 201);
        QTest::keyClicks(&dialog.search(), QStringLiteral("vllm 12"));
        QCOMPARE(dialog.list().model()->rowCount(), 12); // 012, 112, 12x
        QTest::keyClick(&dialog.search(), Qt::Key_Down);
        QTest::keyClick(&dialog.search(), Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0][0].toInt(), 112);
        QVERIFY(!dialog.isVisible());
    }

    void whatIsNotThereCannotBeTaken()
    {
        ChoiceDialog dialog(QStringLiteral("Run"), QStringLiteral("Take"), many(), nullptr);
        dialog.show();
        QSignalSpy chosen(&dialog, &ChoiceDialog::chosen);
        QTest::keyClicks(&dialog.search(), QStringLiteral("Mistral"));
        QTest::keyClick(&dialog.search(), Qt::Key_Return);
        QVERIFY(chosen.isEmpty());
        QVERIFY(dialog.isVisible());
    }
};

QTEST_MAIN(TestChoiceDialog)
#include "tst_choice_dialog.moc"
