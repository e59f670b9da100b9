// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/action_registry.h"

#include "app/theme/theme.h"
#include "tests/support/no_qt_warnings.h"

#include <QAction>
#include <QWidget>
#include <QtTest>

using namespace prism::app;

namespace {

/// Colour of what is drawn most strongly.
QColor inkOf(const QIcon& icon, QIcon::State state)
{
    const QImage image = icon.pixmap(16, QIcon::Normal, state).toImage();
    QColor ink(Qt::transparent);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            ink = pixel.alpha() > ink.alpha() ? pixel : ink;
        }
    }
    return ink;
}

} // namespace

class TestActionRegistry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void iconsFollowTheTheme()
    {
        Theme::current().apply(Theme::Choice::Light);
        QWidget window;
        ActionRegistry registry(&window);
        QAction* action = registry.add({ QStringLiteral("a"), QStringLiteral("View"), QStringLiteral("A"),
                                           QStringLiteral("Tip."), {}, QStringLiteral("explore") },
            [] {});
        const int light = inkOf(action->icon(), QIcon::On).lightness();
        Theme::current().apply(Theme::Choice::Dark);
        QVERIFY(inkOf(action->icon(), QIcon::On).lightness() > 200);
        QVERIFY(inkOf(action->icon(), QIcon::Off).lightness() > 200);
        QVERIFY(light < 80);
    }

    void keysHaveOneHolder()
    {
        QWidget window;
        ActionRegistry registry(&window);
        const auto add = [&](const char* id, const QKeySequence& keys) {
            const QString name = QString::fromLatin1(id);
            return registry.add(
                { name, QStringLiteral("View"), name, QStringLiteral("Tip."), keys, {} }, [] {});
        };
        QAction* first = add("first", QKeySequence(Qt::CTRL | Qt::Key_K));
        QAction* second = add("second", {});
        QVERIFY(!registry.setKeys(second, first->shortcut()));
        QVERIFY(registry.setKeys(second, QKeySequence(Qt::CTRL | Qt::Key_J)));
        QCOMPARE(registry.action(QStringLiteral("second"))->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_J));
    }
};

QTEST_MAIN(TestActionRegistry)
#include "tst_action_registry.moc"
