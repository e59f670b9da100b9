// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/run_style.h"
#include "app/theme/style.h"
#include "app/theme/theme.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QSignalSpy>
#include <QtTest/QtTest>

using namespace prism::app;

namespace {

int pixelsOf(const QImage& image, const QColor& colour)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            count += QColor(image.pixel(x, y)) == colour;
        }
    }
    return count;
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cleanup() { Theme::current().apply(Theme::Choice::Light); }

    /// Names of runs and what files say are shown as they are; our own markup asks for it.
    void textIsNoMarkup()
    {
        Theme::current().apply(Theme::Choice::Light);
        const QString text = QStringLiteral("<b>one</b> & two");
        QLabel plain(text);
        QLabel rich(text);
        rich.setTextFormat(Qt::RichText);
        QMessageBox box(QMessageBox::Question, QStringLiteral("title"), text);
        box.setInformativeText(text);
        for (QWidget* widget : std::initializer_list<QWidget*> { &plain, &rich, &box }) {
            widget->show();
        }
        QCOMPARE(plain.textFormat(), Qt::PlainText);
        QCOMPARE(rich.textFormat(), Qt::RichText);
        int inBox = 0;
        for (const QLabel* label : box.findChildren<QLabel*>()) {
            if (label->text() == text) {
                ++inBox;
                QCOMPARE(label->textFormat(), Qt::PlainText);
            }
        }
        QCOMPARE(inBox, 2);
    }

    void everyRoleIsSet_data()
    {
        QTest::addColumn<int>("variant");
        QTest::newRow("light") << int(Variant::Light);
        QTest::newRow("dark") << int(Variant::Dark);
        QTest::newRow("high contrast") << int(Variant::HighContrast);
    }

    void everyRoleIsSet()
    {
        QFETCH(int, variant);
        const QPalette palette = paletteOf(static_cast<Variant>(variant));
        for (int role = 0; role < QPalette::NColorRoles; ++role) {
            if (role == QPalette::NoRole) {
                continue;
            }
            for (const auto group : { QPalette::Active, QPalette::Inactive, QPalette::Disabled }) {
                QVERIFY2(palette.isBrushSet(group, static_cast<QPalette::ColorRole>(role)),
                    qPrintable(QString::number(role)));
            }
        }
    }

    void choicesChangePaletteIconsAndTellOnce()
    {
        QSignalSpy changed(&Theme::current(), &Theme::changed);
        Theme::current().apply(Theme::Choice::Dark);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(QApplication::palette().color(QPalette::Window), tokensOf(Variant::Dark).window);
        QCOMPARE(QIcon::themeName(), QStringLiteral("breeze-dark"));
        QVERIFY(Theme::current().isDark());
        Theme::current().apply(Theme::Choice::Light);
        QCOMPARE(QApplication::palette().color(QPalette::Window), tokensOf(Variant::Light).window);
        QVERIFY(qobject_cast<Style*>(QApplication::style()));
        Theme::current().apply(Theme::Choice::System);
        QVERIFY2(!Theme::current().isDark(), "the offscreen platform is light");
    }

    void choicesHaveNames()
    {
        for (const auto choice : { Theme::Choice::System, Theme::Choice::Light, Theme::Choice::Dark,
                 Theme::Choice::HighContrast }) {
            QCOMPARE(Theme::choiceFromName(Theme::name(choice)), choice);
        }
        QCOMPARE(Theme::choiceFromName(QStringLiteral("neon")), Theme::Choice::System);
    }

    void iconsFollowTheLook()
    {
        for (const char* name : { "frontier", "baseline", "slo", "explore", "table", "brush" }) {
            QVERIFY2(!Theme::current().icon(QString::fromLatin1(name)).isNull(), name);
        }
        Theme::current().apply(Theme::Choice::Light);
        QVERIFY2(
            !Theme::current().icon(QStringLiteral("document-open")).isNull(), "breeze-icon-theme is found");
        QVERIFY(Theme::current().icon(QStringLiteral("no-such-icon-anywhere")).isNull());
        Theme::current().apply(Theme::Choice::Dark);
        const QImage image = Theme::current()
                                 .icon(QStringLiteral("baseline"))
                                 .pixmap(32, 32)
                                 .toImage()
                                 .convertToFormat(QImage::Format_ARGB32);
        QCOMPARE(QColor(image.pixel(16, 16)), tokensOf(Variant::Dark).text);
    }

    void outlinesCanBeSeen()
    {
        for (const auto choice : { Theme::Choice::Light, Theme::Choice::Dark, Theme::Choice::HighContrast }) {
            Theme::current().apply(choice);
            const Tokens& t = Theme::current().tokens();
            QComboBox combo;
            combo.addItem(QStringLiteral("p99"));
            combo.resize(80, 24);
            const QImage image = combo.grab().toImage();
            QCOMPARE(QColor(image.pixel(40, 0)), t.control);
            QMenu menu;
            menu.addAction(QStringLiteral("Open files…"));
            menu.addAction(QStringLiteral("Open a folder…"));
            const QImage popup = menu.grab().toImage();
            QCOMPARE(QColor(popup.pixel(0, popup.height() / 2)), t.control);
            QCOMPARE(QColor(popup.pixel(popup.width() / 2, popup.height() - 1)), t.control);
            QCheckBox box;
            box.setChecked(true);
            QVERIFY(pixelsOf(box.grab().toImage(), t.accent) > 60);
            box.setChecked(false);
            QCOMPARE(pixelsOf(box.grab().toImage(), t.accent), 0);
        }
    }

    void markersFillTheirPlace()
    {
        for (int slot = -1; slot < runStyleCount; ++slot) {
            const RunStyle style = runStyle(slot);
            const QRectF box = markerPath(style.marker, 4).boundingRect();
            QVERIFY(box.width() > 6 && box.width() < 11 && box.height() > 6 && box.height() < 11);
            const QImage image = markerPixmap(slot, 14, 2).toImage();
            QCOMPARE(image.size(), QSize(28, 28));
            QVERIFY(pixelsOf(image, style.colour) > 20);
        }
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
