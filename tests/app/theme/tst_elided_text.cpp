// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/elided_text.h"
#include "tests/support/no_qt_warnings.h"

#include <QFontMetrics>
#include <QGuiApplication>
#include <QtTest>

using namespace prism::app;

class TestElidedText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aSentenceEndsAtAWord()
    {
        const QString sentence = QStringLiteral(
            "Some requests are not seen: a client spoke TLS, of which only times and bytes are told.");
        const QFontMetrics metrics(QGuiApplication::font());
        QCOMPARE(elidedAtWord(sentence, metrics, metrics.horizontalAdvance(sentence)), sentence);
        const int whole = metrics.horizontalAdvance(sentence);
        for (int width = whole - 1; width > metrics.horizontalAdvance(QStringLiteral("Some requests …"));
             width -= 7) {
            QString words = elidedAtWord(sentence, metrics, width);
            QVERIFY(metrics.horizontalAdvance(words) <= width);
            QVERIFY2(words.endsWith(QStringLiteral(" …")), qPrintable(words));
            words.chop(1);
            QVERIFY2(sentence.startsWith(words), qPrintable(words)); // up to a space of the sentence
        }
        const QString word(200, QLatin1Char('x'));
        QVERIFY(metrics.horizontalAdvance(elidedAtWord(word, metrics, 60)) <= 60);
    }
};

QTEST_MAIN(TestElidedText)
#include "tst_elided_text.moc"
