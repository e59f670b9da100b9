// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/help_window.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace prism::app {

HelpWindow::HelpWindow(QWidget* parent)
    : QDialog(parent)
    , m_browser(new QTextBrowser(this))
{
    setWindowTitle(tr("Help"));
    m_browser->setAccessibleName(tr("Help"));
    m_browser->setOpenExternalLinks(true);
    m_browser->setFrameShape(QFrame::NoFrame);
    m_browser->document()->setDocumentMargin(14);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* back = buttons->addButton(tr("Back"), QDialogButtonBox::ActionRole);
    back->setEnabled(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 14, 14);
    column->addWidget(m_browser, 1);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(back, &QPushButton::clicked, m_browser, &QTextBrowser::backward);
    connect(m_browser, &QTextBrowser::backwardAvailable, back, &QWidget::setEnabled);
    resize(680, 640);
}

void HelpWindow::showPage(const QString& name)
{
    m_browser->setSource(QUrl(QStringLiteral("qrc:/help/%1.md").arg(name)), QTextDocument::MarkdownResource);
    show();
    raise();
    activateWindow();
}

} // namespace prism::app
