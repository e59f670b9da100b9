// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_empty_state.h"

#include "app/theme/theme.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>

namespace prism::app {

namespace {

/// An empty pair of axes with the hint of a curve.
class Sketch : public QWidget {
public:
    explicit Sketch(QWidget* parent)
        : QWidget(parent)
    {
        setFixedSize(300, 120);
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        const Tokens& t = Theme::current().tokens();
        painter.setPen(t.grid);
        for (const int y : { 30, 55, 80 }) {
            painter.drawLine(41, y, 272, y);
        }
        painter.setPen(t.axis);
        painter.drawPolyline(QPolygon({ { 40, 6 }, { 40, 104 }, { 272, 104 } }));
        painter.setRenderHint(QPainter::Antialiasing);
        QPainterPath curve({ 58, 96 });
        curve.cubicTo(90, 84, 110, 60, 140, 44);
        curve.cubicTo(170, 28, 210, 24, 256, 20);
        QPen pen(t.border, 1.5);
        pen.setDashPattern({ 5 / 1.5, 4 / 1.5 });
        painter.setPen(pen);
        painter.drawPath(curve);
        painter.setPen(t.control);
        painter.setBrush(t.base);
        for (const QPointF p :
            { QPointF(58, 96), QPointF(96, 76), QPointF(140, 44), QPointF(196, 28), QPointF(256, 20) }) {
            painter.drawEllipse(p, 4, 4);
        }
    }
};

} // namespace

ChartEmptyState::ChartEmptyState(QWidget* parent)
    : QWidget(parent)
    , m_sketch(new Sketch(this))
    , m_head(new QLabel(this))
    , m_text(new QLabel(this))
    , m_files(new QPushButton(tr("Open files…"), this))
    , m_folder(new QPushButton(tr("Open a folder…"), this))
    , m_paste(new QPushButton(tr("Paste"), this))
    , m_clearLast(new QPushButton(tr("Clear the last filter"), this))
    , m_clearAll(new QPushButton(tr("Clear all"), this))
    , m_fitting(new QPushButton(tr("Choose axes that fit"), this))
    , m_samplesLink(new QLabel(this))
{
    m_head->setAlignment(Qt::AlignHCenter);
    m_text->setAlignment(Qt::AlignHCenter);
    m_text->setWordWrap(true);
    m_text->setMaximumWidth(600);
    m_text->setMinimumHeight(2 * fontMetrics().height());
    m_files->setDefault(true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    for (QPushButton* button : { m_files, m_folder, m_paste, m_clearLast, m_clearAll, m_fitting }) {
        button->setMinimumSize(button->sizeHint().width() + 44, 26);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setSpacing(4);
    column->addStretch();
    column->addWidget(m_sketch, 0, Qt::AlignHCenter);
    column->addSpacing(10);
    column->addWidget(m_head);
    auto* line
        = new QHBoxLayout; // between two stretches: up to its widest, narrower where there is less room
    line->addStretch(1);
    line->addWidget(m_text, 1000);
    line->addStretch(1);
    column->addLayout(line);
    column->addSpacing(14);
    column->addLayout(buttons);
    column->addSpacing(22);
    column->addWidget(m_samplesLink, 0, Qt::AlignHCenter);
    column->addStretch();
    connect(m_files, &QPushButton::clicked, this, &ChartEmptyState::openFiles);
    connect(m_folder, &QPushButton::clicked, this, &ChartEmptyState::openFolder);
    connect(m_paste, &QPushButton::clicked, this, &ChartEmptyState::paste);
    connect(m_clearLast, &QPushButton::clicked, this, &ChartEmptyState::clearLastFilter);
    connect(m_clearAll, &QPushButton::clicked, this, &ChartEmptyState::clearAllFilters);
    connect(m_fitting, &QPushButton::clicked, this, &ChartEmptyState::fittingAxes);
    m_samplesLink->setTextFormat(Qt::RichText);
    connect(m_samplesLink, &QLabel::linkActivated, this, &ChartEmptyState::showSamples);
    connect(&Theme::current(), &Theme::changed, this, &ChartEmptyState::applyTheme);
    applyTheme();
    setReason(Reason::NoRuns);
}

void ChartEmptyState::setSamplesAvailable(bool available)
{
    m_samples = available;
    setReason(m_reason, m_text->text(), m_other);
}

void ChartEmptyState::setReason(Reason reason, const QString& detail, bool other)
{
    m_other = other;
    m_reason = reason;
    const bool none = reason == Reason::NoRuns;
    const bool match = reason == Reason::NoMatch;
    m_head->setText(none                 ? tr("Drop benchmark results here")
            : match                      ? tr("No run passes all filters")
            : reason == Reason::Building ? tr("The chart is being drawn…")
                                         : tr("No point has a place on this chart"));
    m_text->setText(none
            ? tr("Files, folders and archives from vLLM, SGLang, GuideLLM, AIPerf, inference-perf, "
                 "llama-bench, MLPerf and more. Nothing leaves this machine.")
            : match ? QString()
                    : detail);
    m_sketch->setVisible(none);
    for (QPushButton* button : { m_files, m_folder, m_paste }) {
        button->setVisible(none);
    }
    m_clearLast->setVisible(match);
    m_clearAll->setVisible(match);
    m_fitting->setVisible(!none && !match && other);
    m_samplesLink->setVisible(none && m_samples);
    setAccessibleName(m_head->text());
}

void ChartEmptyState::applyTheme()
{
    const Theme& theme = Theme::current();
    m_head->setFont(Theme::head(font()));
    QPalette muted = m_text->palette();
    muted.setColor(QPalette::WindowText, theme.tokens().muted);
    m_text->setPalette(muted);
    m_samplesLink->setText(theme.link(QStringLiteral("samples"), tr("Show the bundled samples")));
    m_files->setIcon(theme.icon(QStringLiteral("document-open")));
    m_folder->setIcon(theme.icon(QStringLiteral("sources")));
    m_paste->setIcon(theme.icon(QStringLiteral("edit-paste")));
    update();
}

void ChartEmptyState::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), Theme::current().tokens().base);
}

} // namespace prism::app
