// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_status.h"

#include "app/theme/theme.h"
#include "app/timeline/ruler_ticks.h"
#include "core/model/metric.h"

#include <QHBoxLayout>
#include <QLabel>

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

LiveStatus::LiveStatus(QWidget* parent)
    : QWidget(parent)
    , m_state(new QLabel(this))
    , m_rate(new QLabel(this))
    , m_behind(new QLabel(this))
    , m_loss(new QLabel(this))
    , m_metrics(new QLabel(this))
{
    m_metrics->setForegroundRole(QPalette::PlaceholderText);
    for (QLabel* label : { m_state, m_loss }) {
        label->setTextFormat(Qt::RichText); // coloured(); what a file or a helper says is escaped there
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 0, 6, 0);
    row->setSpacing(16);
    for (QLabel* label : { m_state, m_rate, m_behind, m_loss, m_metrics }) {
        row->addWidget(label);
    }
    row->addStretch(1);
    showNothing();
}

void LiveStatus::showNothing()
{
    m_state->setText(tr("Not attached"));
    for (QLabel* label : { m_rate, m_behind, m_loss, m_metrics }) {
        label->clear();
    }
}

void LiveStatus::showSession(const live::Status& status, const live::Target* target, const Shown& shown)
{
    const Tokens& t = Theme::current().tokens();
    const bool isLive = status.phase == live::Phase::Live && target && target->attached;
    const std::int64_t length = std::max<std::int64_t>(0, (status.now - status.start).value);
    const QString time = qs(durationText(length / 1'000'000'000 * 1'000'000'000, 1'000'000'000));
    const QString why = target && !target->endReason.empty() ? qs(target->endReason) : qs(status.endReason);
    if (isLive) {
        m_state->setText(
            coloured(t.good, QStringLiteral("● ")) + tr("Attached %1").arg(time).toHtmlEscaped());
    } else if (status.phase == live::Phase::Replaying) {
        m_state->setText(tr("Replaying, %1 so far").arg(time));
    } else {
        m_state->setText(why.isEmpty() ? tr("Over after %1").arg(time)
                                       : coloured(t.warn, tr("Over after %1: %2").arg(time, why)));
    }
    m_rate->setText(isLive ? tr("%1 events/s").arg(count(double(status.recordsPerSecond))) : QString());
    m_behind->setText(isLive ? tr("Screen %1 ms behind").arg(shown.behindMs) : QString());
    m_loss->setText(shown.lost == 0 ? QString()
                                    : coloured(t.warn,
                                        tr("Percentiles over %1 leave out %2 lost events")
                                            .arg(shown.stretch, count(double(shown.lost)))));
    m_metrics->setText(isLive ? qs(target->metricsProblem) : QString());
    if (!status.recordingProblem.empty()) {
        m_loss->setText(coloured(t.bad, qs(status.recordingProblem)));
    }
}

QString LiveStatus::text() const
{
    QStringList parts;
    for (const QLabel* label : { m_state, m_rate, m_behind, m_loss, m_metrics }) {
        parts << label->text();
    }
    return parts.join(QLatin1Char(' '));
}

QString LiveStatus::memoryText(const live::Status& status)
{
    if (status.recordingBudget == 0) {
        return {};
    }
    const QString bytes
        = tr("%1 of %2")
              .arg(qs(formatNumber(double(status.recordingBytes), Unit::Byte, NumberStyle::Reading)),
                  qs(formatNumber(double(status.recordingBudget), Unit::Byte, NumberStyle::Reading)));
    return status.recordingFile.empty() ? tr("recording in memory · %1").arg(bytes)
                                        : tr("recording to %1").arg(qs(status.recordingFile));
}

} // namespace prism::app
