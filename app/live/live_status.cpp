// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_status.h"

#include "app/theme/elided_text.h"
#include "app/theme/theme.h"
#include "app/timeline/lane_texts.h"
#include "app/timeline/ruler_ticks.h"
#include "core/model/metric.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

namespace prism::app {

namespace {

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

QString count(double n)
{
    return qs(formatNumber(n, Unit::One, NumberStyle::Column));
}

QString coloured(const QColor& colour, const QString& text)
{
    return QStringLiteral("<span style='color:%1'>%2</span>").arg(colour.name(), text.toHtmlEscaped());
}

} // namespace

/// A sentence that is cut with a mark where it has no room; whole it stands in its tooltip.
class LiveStatus::Sentence : public QLabel {
public:
    explicit Sentence(QWidget* parent)
        : QLabel(parent)
    {
        setTextFormat(Qt::PlainText);
        setMinimumWidth(1);
        setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    }
    void setColour(const QColor& colour)
    {
        m_colour = colour;
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setPen(m_colour.isValid() ? m_colour : palette().color(foregroundRole()));
        painter.drawText(contentsRect(), Qt::AlignLeft | Qt::AlignVCenter,
            elidedAtWord(text(), fontMetrics(), contentsRect().width()));
    }

private:
    QColor m_colour;
};

LiveStatus::LiveStatus(QWidget* parent)
    : QWidget(parent)
    , m_state(new QLabel(this))
    , m_trouble(new Sentence(this))
    , m_rate(new QLabel(this))
    , m_behind(new QLabel(this))
    , m_loss(new QLabel(this))
    , m_metrics(new Sentence(this))
{
    m_metrics->setForegroundRole(QPalette::PlaceholderText);
    for (QLabel* label : { m_state, m_loss }) {
        label->setTextFormat(Qt::RichText); // coloured(); what a file or a helper says is escaped there
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 0, 16, 0);
    row->setSpacing(16);
    for (QLabel* label :
        std::initializer_list<QLabel*> { m_state, m_trouble, m_rate, m_behind, m_loss, m_metrics }) {
        row->addWidget(label);
    }
    row->addStretch(1);
    showNothing();
}

void LiveStatus::showNothing()
{
    m_state->setText(tr("Not attached"));
    for (QLabel* label : std::initializer_list<QLabel*> { m_trouble, m_rate, m_behind, m_loss, m_metrics }) {
        label->clear();
    }
}

void LiveStatus::showSession(const live::Status& status, const live::Target* target, const Shown& shown)
{
    const Tokens& t = Theme::current().tokens();
    const bool isLive = status.phase == live::Phase::Live && target && target->attached;
    const std::int64_t length // without a target nothing began
        = status.targets.empty() ? 0 : std::max<std::int64_t>(0, (status.now - status.start).value);
    const QString time = qs(durationText(length / 1'000'000'000 * 1'000'000'000, 1'000'000'000));
    const QString why = target && !target->endReason.empty() ? qs(target->endReason) : qs(status.endReason);
    const bool blind = isLive && shown.troubles.blind;
    if (blind) {
        m_state->setText(coloured(t.bad, QStringLiteral("○ ") + tr("Attached %1, not observed").arg(time)));
    } else if (isLive) {
        m_state->setText(
            coloured(t.good, QStringLiteral("● ")) + tr("Attached %1").arg(time).toHtmlEscaped());
    } else if (status.phase == live::Phase::Replaying) {
        m_state->setText(status.targets.empty() ? tr("Replaying") : tr("Replaying, %1 so far").arg(time));
    } else {
        m_state->setText(why.isEmpty() ? tr("Over after %1").arg(time)
                                       : coloured(t.warn, tr("Over after %1: %2").arg(time, why)));
    }
    m_trouble->setText(isLive ? shown.troubles.line : QString());
    m_trouble->setColour(blind ? t.bad : t.warn);
    m_trouble->setToolTip(shown.troubles.all.join(QLatin1Char('\n')));
    m_rate->setText(isLive ? tr("%1 events/s").arg(count(double(status.recordsPerSecond))) : QString());
    m_behind->setText(isLive ? tr("Screen %1 ms behind").arg(shown.behindMs) : QString());
    m_loss->setText(shown.lost == 0
            ? QString()
            : coloured(t.warn,
                tr("Percentiles over %1 leave out %2 lost event(s)", nullptr, pluralOf(shown.lost))
                    .arg(shown.stretch, count(double(shown.lost)))));
    m_metrics->setText(isLive ? qs(target->metricsProblem) : QString());
    m_metrics->setToolTip(m_metrics->text());
    if (!status.recordingProblem.empty()) {
        m_loss->setText(coloured(t.bad, qs(status.recordingProblem)));
    }
}

QString LiveStatus::text() const
{
    QStringList parts;
    for (const QLabel* label :
        std::initializer_list<QLabel*> { m_state, m_trouble, m_rate, m_behind, m_loss, m_metrics }) {
        parts << label->text();
    }
    return parts.join(QLatin1Char(' '));
}

LiveStatus::Kept LiveStatus::kept(const live::Status& status, const Clock& clock)
{
    Kept kept;
    QStringList lines;
    const auto since = [&](const std::optional<Nanoseconds>& from, const QString& what) {
        if (from) {
            lines << tr("%1: since %2").arg(what, clock(*from));
        }
    };
    since(status.recordingFrom, tr("Recording in memory"));
    since(status.requestsFrom, tr("Requests that ended"));
    since(status.eventsFrom, tr("Times of every event; older requests keep their slowest gaps"));
    since(status.stepsFrom, tr("Engine steps"));
    since(status.samplesFrom, tr("Samples and the server's own numbers"));
    since(status.spansFrom, tr("Turns of threads, for who comes to them late"));
    since(status.factsFrom, tr("Losses and what became of probes and processes"));
    if (!lines.isEmpty()) {
        lines.prepend(tr("Memory is bounded; the oldest detail went:"));
        lines << tr("Lanes over time keep their sums for five days. A recording in a file keeps all of it.");
    }
    kept.lines = lines.join(QLatin1Char('\n'));
    if (!status.recordingFile.empty()) {
        kept.text = tr("recording to %1").arg(qs(status.recordingFile));
    } else if (status.recordingBudget != 0 && !status.replay) {
        const QString bytes
            = tr("%1 of %2")
                  .arg(qs(formatNumber(double(status.recordingBytes), Unit::Byte, NumberStyle::Reading)),
                      qs(formatNumber(double(status.recordingBudget), Unit::Byte, NumberStyle::Reading)));
        kept.text = tr("recording in memory · %1").arg(bytes);
        if (status.recordingFrom) {
            kept.text += tr(" · since %1").arg(clock(*status.recordingFrom));
        }
    }
    if (const auto from = detailFrom(status)) {
        const QString detail = tr("every event since %1").arg(clock(*from));
        kept.text = kept.text.isEmpty() ? detail : kept.text + QStringLiteral(" · ") + detail;
    }
    return kept;
}

std::optional<Nanoseconds> LiveStatus::detailFrom(const live::Status& status)
{
    return std::max(status.requestsFrom, status.eventsFrom);
}

} // namespace prism::app
