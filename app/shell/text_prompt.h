// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace prism::app {

/// Asks for a line of text without blocking; `accepted` gets it.
void askText(QWidget* parent, const QString& title, const QString& label, const QString& text,
    const std::function<void(const QString&)>& accepted);

} // namespace prism::app
