// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/source_view.h"

#include "app/theme/theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QPainter>
#include <QScrollBar>
#include <QStringTokenizer>
#include <QTextBlock>

#include <algorithm>

namespace prism::app {

namespace {

constexpr qsizetype widestLine = 300;

class Gutter : public QWidget {
public:
    explicit Gutter(SourceView* view)
        : QWidget(view)
        , m_view(view)
    {
    }
    QSize sizeHint() const override { return { m_view->gutterWidth(), 0 }; }

protected:
    void paintEvent(QPaintEvent* event) override { m_view->paintGutter(event); }

private:
    SourceView* m_view;
};

} // namespace

SourceView::SourceView(QWidget* parent)
    : QPlainTextEdit(parent)
    , m_gutter(new Gutter(this))
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(this->font().pointSizeF() * 0.9);
    setFont(font);
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setWordWrapMode(QTextOption::WrapAnywhere);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Original text of the file"));
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int dy) {
        if (dy != 0) {
            m_gutter->scroll(0, dy);
        } else {
            m_gutter->update(0, rect.y(), m_gutter->width(), rect.height());
        }
    });
    placeGutter();
}

void SourceView::setSource(const SourceText& source)
{
    m_firstLine = source.firstLine;
    m_markBegin = source.markBegin;
    m_markEnd = source.markEnd;
    const QString text = source.problem.isEmpty() ? source.text : source.problem;
    // A table keeps its columns; a document that is one line would else be one line of the screen.
    qsizetype longest = 0;
    for (const QStringView line : QStringTokenizer(text, QLatin1Char('\n'))) {
        longest = std::max(longest, line.size());
    }
    setLineWrapMode(longest > widestLine || !source.problem.isEmpty() ? WidgetWidth : NoWrap);
    setPlainText(text);
    placeGutter();
    markLine();
    QTextCursor cursor(document());
    cursor.setPosition(std::min(m_markBegin, std::max(0, document()->characterCount() - 1)));
    setTextCursor(cursor);
    centerCursor();
    QTextCursor end(document());
    end.setPosition(std::min(m_markEnd, std::max(0, document()->characterCount() - 1)));
    setTextCursor(end); // the whole value in sight, then its beginning
    ensureCursorVisible();
    setTextCursor(cursor);
    ensureCursorVisible();
}

void SourceView::markLine()
{
    QList<QTextEdit::ExtraSelection> marks;
    if (m_markEnd > m_markBegin && m_markEnd < document()->characterCount()) {
        QTextEdit::ExtraSelection line;
        line.cursor = QTextCursor(document());
        line.cursor.setPosition(m_markBegin);
        line.format.setBackground(Theme::current().tokens().sourceHighlight);
        line.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks << line;
        QTextEdit::ExtraSelection value;
        value.cursor = QTextCursor(document());
        value.cursor.setPosition(m_markBegin);
        value.cursor.setPosition(m_markEnd, QTextCursor::KeepAnchor);
        value.format.setFontWeight(QFont::DemiBold);
        value.format.setBackground(Theme::current().tokens().sourceHighlight);
        marks << value;
    }
    setExtraSelections(marks);
}

int SourceView::gutterWidth() const
{
    const int digits = int(QString::number(m_firstLine + blockCount()).size());
    return fontMetrics().horizontalAdvance(QLatin1Char('9')) * std::max(2, digits) + 12;
}

void SourceView::placeGutter()
{
    setViewportMargins(gutterWidth(), 0, 0, 0);
    const QRect area = contentsRect();
    m_gutter->setGeometry(area.left(), area.top(), gutterWidth(), area.height());
    m_gutter->update();
}

void SourceView::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    placeGutter();
}

void SourceView::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        markLine();
    }
}

void SourceView::paintEvent(QPaintEvent* event)
{
    QPlainTextEdit::paintEvent(event);
    if (m_markEnd <= m_markBegin || m_markEnd >= document()->characterCount()) {
        return;
    }
    // The frame around the value, when it stands on one line of the screen.
    QTextCursor begin(document());
    begin.setPosition(m_markBegin);
    QTextCursor end(document());
    end.setPosition(m_markEnd);
    const QRect from = cursorRect(begin);
    const QRect to = cursorRect(end);
    if (from.top() == to.top() && to.left() > from.left()) {
        QPainter painter(viewport());
        painter.setPen(palette().color(QPalette::Text));
        painter.drawRect(QRect(from.topLeft(), QPoint(to.left(), from.bottom())).adjusted(-2, 0, 2, 0));
    }
}

void SourceView::paintGutter(QPaintEvent* event)
{
    QPainter painter(m_gutter);
    painter.fillRect(event->rect(), palette().color(QPalette::AlternateBase));
    painter.setFont(font());
    painter.setPen(Theme::current().tokens().muted);
    for (QTextBlock block = firstVisibleBlock(); block.isValid(); block = block.next()) {
        const QRectF area = blockBoundingGeometry(block).translated(contentOffset());
        if (area.top() > event->rect().bottom()) {
            break;
        }
        painter.drawText(0, int(area.top()), m_gutter->width() - 6, fontMetrics().height(), Qt::AlignRight,
            QString::number(m_firstLine + block.blockNumber()));
    }
}

} // namespace prism::app
