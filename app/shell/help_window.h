// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

QT_BEGIN_NAMESPACE
class QTextBrowser;
QT_END_NAMESPACE

namespace prism::app {

/// A page of resources/help, with links to the others. It stays open beside the window.
class HelpWindow : public QDialog {
    Q_OBJECT
public:
    explicit HelpWindow(QWidget* parent = nullptr);

    /// By its file name without the suffix: "reading-a-chart".
    void showPage(const QString& name);
    const QTextBrowser& browser() const { return *m_browser; }

private:
    QTextBrowser* m_browser;
};

} // namespace prism::app
