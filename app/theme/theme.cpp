// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/theme.h"

#include "app/theme/icons.h"
#include "app/theme/style.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPointer>
#include <QStandardPaths>

#include <array>
#include <utility>

namespace prism::app {

namespace {

QFont scaled(QFont font, qreal factor)
{
    if (font.pointSizeF() > 0) {
        font.setPointSizeF(font.pointSizeF() * factor);
    } else {
        font.setPixelSize(qMax(1, qRound(font.pixelSize() * factor)));
    }
    return font;
}

/// The platform's own window colour, which our palette hides: without ours Qt falls back to it.
bool platformIsDark()
{
    QApplication::setPalette(QPalette());
    return QApplication::palette().color(QPalette::Window).lightness() < 128;
}

/// A platform without a desktop names no folder of icons.
void addIconFolders()
{
    QStringList folders = QIcon::themeSearchPaths();
    for (const QString& data : QStandardPaths::standardLocations(QStandardPaths::GenericDataLocation)) {
        const QString folder = data + QStringLiteral("/icons");
        if (!folders.contains(folder)) {
            folders << folder;
        }
    }
    QIcon::setThemeSearchPaths(folders);
}

constexpr std::array<std::pair<Theme::Choice, const char*>, 4> choiceNames { {
    { Theme::Choice::System, "system" },
    { Theme::Choice::Light, "light" },
    { Theme::Choice::Dark, "dark" },
    { Theme::Choice::HighContrast, "high-contrast" },
} };

} // namespace

QPalette paletteOf(Variant variant)
{
    const Tokens& t = tokensOf(variant);
    QPalette p;
    const std::array<std::pair<QPalette::ColorRole, QColor>, 20> roles { {
        { QPalette::Window, t.window },
        { QPalette::WindowText, t.text },
        { QPalette::Base, t.base },
        { QPalette::AlternateBase, t.alternate },
        { QPalette::Text, t.text },
        { QPalette::Button, t.button },
        { QPalette::ButtonText, t.text },
        { QPalette::BrightText, t.bad },
        { QPalette::PlaceholderText, t.muted },
        { QPalette::ToolTipBase, t.tooltip },
        { QPalette::ToolTipText, t.text },
        { QPalette::Highlight, t.selection },
        { QPalette::HighlightedText, t.selectionText },
        { QPalette::Link, t.accent },
        { QPalette::LinkVisited, t.accent },
        { QPalette::Light, variant == Variant::Light ? t.base : t.button.lighter(115) },
        { QPalette::Midlight, variant == Variant::Light ? t.alternate : t.button },
        { QPalette::Mid, t.border },
        { QPalette::Dark, t.control },
        { QPalette::Shadow, variant == Variant::Light ? t.muted : QColor(Qt::black) },
    } };
    for (const auto& [role, colour] : roles) {
        p.setColor(QPalette::All, role, colour);
    }
    for (const auto role : { QPalette::WindowText, QPalette::Text, QPalette::ButtonText,
             QPalette::ToolTipText, QPalette::PlaceholderText, QPalette::Link, QPalette::LinkVisited }) {
        p.setColor(QPalette::Disabled, role, t.disabled);
    }
    p.setColor(QPalette::Disabled, QPalette::Base, t.window);
    p.setColor(QPalette::Disabled, QPalette::Highlight, t.border);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, t.text);
    return p;
}

Theme::Theme(QObject* parent)
    : QObject(parent)
{
}

Theme& Theme::current()
{
    static QPointer<Theme> theme;
    if (!theme) {
        theme = new Theme(QCoreApplication::instance());
    }
    return *theme;
}

void Theme::apply(Choice choice)
{
    m_choice = choice;
    m_variant = choice == Choice::HighContrast         ? Variant::HighContrast
        : choice == Choice::Dark                       ? Variant::Dark
        : choice == Choice::System && platformIsDark() ? Variant::Dark
                                                       : Variant::Light;
    addIconFolders();
    QIcon::setThemeName(isDark() ? QStringLiteral("breeze-dark") : QStringLiteral("breeze"));
    if (!qobject_cast<Style*>(QApplication::style())) {
        QApplication::setStyle(new Style);
    }
    QApplication::setPalette(paletteOf(m_variant));
    Q_EMIT changed();
}

QIcon Theme::icon(const QString& name) const
{
    if (QIcon own = ownIcon(name, tokens()); !own.isNull()) {
        return own;
    }
    return QIcon::fromTheme(name);
}

QString Theme::link(const QString& target, const QString& text) const
{
    return QStringLiteral("<a href='%1' style='color:%2'>%3</a>")
        .arg(target, tokens().accent.name(), text.toHtmlEscaped());
}

QString Theme::name(Choice choice)
{
    for (const auto& [c, text] : choiceNames) {
        if (c == choice) {
            return QString::fromLatin1(text);
        }
    }
    return {};
}

Theme::Choice Theme::choiceFromName(const QString& name)
{
    for (const auto& [c, text] : choiceNames) {
        if (name == QLatin1String(text)) {
            return c;
        }
    }
    return Choice::System;
}

QFont Theme::secondary(const QFont& body)
{
    return scaled(body, 0.9);
}

QFont Theme::title(const QFont& body)
{
    QFont font = body;
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont Theme::head(const QFont& body)
{
    return title(scaled(body, 1.3));
}

QFont Theme::sourceText()
{
    return scaled(QFontDatabase::systemFont(QFontDatabase::FixedFont), 0.9);
}

} // namespace prism::app
