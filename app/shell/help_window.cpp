// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/help_window.h"

#include "app/theme/theme.h"

#include <QDialogButtonBox>
#include <QImage>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollBar>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace prism::app {

namespace {

constexpr int margin = 14;

/// Pages with the pictures of the theme: "pictures/trace.png" is trace-light.png or trace-dark.png, as wide
/// as the page.
class HelpPages : public QTextBrowser {
public:
    explicit HelpPages(QWidget* parent)
        : QTextBrowser(parent)
    {
        // Always there: one that comes with a page would take room from pictures that are made already.
        setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
        connect(&Theme::current(), &Theme::changed, this, &HelpPages::showAgain);
    }
    QVariant loadResource(int type, const QUrl& name) override
    {
        const QString path = source().resolved(name).toString();
        if (type != QTextDocument::ImageResource || !path.endsWith(QLatin1String(".png"))) {
            return QTextBrowser::loadResource(type, name);
        }
        const bool dark = Theme::current().tokens().base.lightness() < 128;
        const QString file = path.chopped(4).replace(QLatin1String("qrc:"), QLatin1String(":"))
            + QStringLiteral("-%1.png").arg(dark ? QLatin1String("dark") : QLatin1String("light"));
        const QImage picture(file);
        const qreal ratio = devicePixelRatioF();
        const int room = int((viewport()->width() - 2 * margin - 4) * ratio);
        QImage fits = picture.width() > room && room > 0
            ? picture.scaledToWidth(room, Qt::SmoothTransformation)
            : picture;
        fits.setDevicePixelRatio(ratio);
        return fits;
    }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QTextBrowser::resizeEvent(event);
        if (event->size().width() != event->oldSize().width() && !source().isEmpty()) {
            showAgain();
        }
    }

private:
    void showAgain()
    {
        const int at = verticalScrollBar()->value();
        reload();
        verticalScrollBar()->setValue(at);
    }
};

} // namespace

HelpWindow::HelpWindow(QWidget* parent)
    : QDialog(parent)
    , m_browser(new HelpPages(this))
{
    setWindowTitle(tr("Help"));
    m_browser->setAccessibleName(tr("Help"));
    m_browser->setOpenExternalLinks(true);
    m_browser->setFrameShape(QFrame::NoFrame);
    m_browser->document()->setDocumentMargin(margin);
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
    resize(820, 720); // wide enough to read its pictures
}

void HelpWindow::showPage(const QString& name)
{
    m_browser->setSource(QUrl(QStringLiteral("qrc:/help/%1.md").arg(name)), QTextDocument::MarkdownResource);
    show();
    raise();
    activateWindow();
}

} // namespace prism::app
