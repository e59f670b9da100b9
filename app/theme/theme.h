// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/tokens.h"

#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPalette>
#include <QString>

namespace prism::app {

/// The look of the program: one for the process, on the GUI thread. Widgets take their colours from the
/// palette as usual; what the palette has no role for (charts, good and bad, heat) comes from tokens(), and
/// whoever paints with those repaints on changed().
class Theme : public QObject {
    Q_OBJECT
public:
    enum class Choice { System, Light, Dark, HighContrast };

    /// Made on first use, lives as long as the application object; light until apply() is called.
    static Theme& current();

    /// Sets style, palette and icon theme of the application. System is dark when the platform's own window
    /// colour has a lightness below 128; call again with System when the platform says that it changed.
    void apply(Choice choice);
    Choice choice() const { return m_choice; }
    Variant variant() const { return m_variant; }
    const Tokens& tokens() const { return tokensOf(m_variant); }
    bool isDark() const { return m_variant != Variant::Light; }

    /// An icon of breeze by its freedesktop name, or one of ours ("frontier", "baseline", "slo" …). Coloured
    /// for the current look: take it again on changed(). Null for an unknown name.
    QIcon icon(const QString& name) const;

    /// A link for a QLabel in this look's colour. Text that is set keeps its colour: set it again on
    /// changed().
    QString link(const QString& target, const QString& text) const;

    /// "system", "light", "dark", "high-contrast": how the settings spell a choice.
    static QString name(Choice choice);
    static Choice choiceFromName(const QString& name); ///< System for anything else

    /// Sizes of visual.md section 1, relative to the application's font.
    static QFont secondary(const QFont& body); ///< × 0.9
    static QFont title(const QFont& body); ///< DemiBold
    static QFont head(const QFont& body); ///< × 1.3, DemiBold
    static QFont sourceText(); ///< the system's fixed font × 0.9

Q_SIGNALS:
    void changed();

private:
    explicit Theme(QObject* parent);

    Choice m_choice = Choice::System;
    Variant m_variant = Variant::Light;
};

/// Every role and group of a look.
QPalette paletteOf(Variant variant);

} // namespace prism::app
