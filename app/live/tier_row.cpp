// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/tier_row.h"

#include "app/theme/theme.h"
#include "core/model/metric.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <array>

namespace prism::app {

namespace {

struct TierText {
    const char* name;
    const char* gives;
};
constexpr std::array<TierText, 4> texts { {
    { QT_TRANSLATE_NOOP("TierRow", "Passive"),
        QT_TRANSLATE_NOOP("TierRow",
            "Processes, memory, waiting for a CPU, GPU counters; what the server reports at its own "
            "/metrics. No kernel program, no privilege.") },
    { QT_TRANSLATE_NOOP("TierRow", "Kernel"),
        QT_TRANSLATE_NOOP("TierRow",
            "Every request, token event and error from system calls and TCP; event-loop lag; scheduler.") },
    { QT_TRANSLATE_NOOP("TierRow", "Uprobes"),
        QT_TRANSLATE_NOOP("TierRow", "Launches and synchronisations of the GPU driver; TLS.") },
    { QT_TRANSLATE_NOOP("TierRow", "In the target"),
        QT_TRANSLATE_NOOP("TierRow", "GPU graph times and Python steps, from inside the server process.") },
} };

} // namespace

TierRow::TierRow(int tier, QWidget* parent)
    : QWidget(parent)
    , m_tier(tier)
    , m_box(new QCheckBox(this))
    , m_what(new QLabel(this))
    , m_why(new QLabel(this))
    , m_remedy(new QLabel(this))
    , m_cost(new QLabel(this))
    , m_origin(new QLabel(this))
{
    const TierText& text = texts[std::size_t(std::clamp(tier, 0, 3))];
    m_box->setText(QStringLiteral("T%1  %2").arg(tier).arg(tr(text.name)));
    m_box->setFixedWidth(150);
    m_what->setText(tr(text.gives));
    for (QLabel* label : { m_what, m_why, m_remedy }) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
    }
    m_cost->setAlignment(Qt::AlignRight);
    m_cost->setFont(Theme::title(font()));
    m_origin->setAlignment(Qt::AlignRight);
    m_origin->setFont(Theme::secondary(font()));
    m_origin->setForegroundRole(QPalette::PlaceholderText);
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    auto* cost = new QVBoxLayout;
    cost->setSpacing(1);
    for (QLabel* label : { m_what, m_why, m_remedy }) {
        words->addWidget(label);
    }
    words->addStretch();
    cost->addWidget(m_cost);
    cost->addWidget(m_origin);
    cost->addStretch();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(10, 5, 10, 5);
    row->setSpacing(8);
    row->addWidget(m_box, 0, Qt::AlignTop);
    row->addLayout(words, 1);
    row->addLayout(cost);
    setCost(std::nullopt, {});
    connect(m_box, &QCheckBox::toggled, this, &TierRow::toggled);
}

void TierRow::setChoice(const live::TierChoice& choice)
{
    m_box->setEnabled(choice.possible);
    m_what->setEnabled(choice.possible);
    m_cost->setVisible(choice.possible && !m_cost->text().isEmpty());
    m_origin->setVisible(choice.possible);
    if (!choice.possible) {
        m_box->setChecked(false);
    }
    // Of what is possible the reason says what to expect.
    const QString reason = QString::fromStdString(choice.reason);
    m_why->setText(choice.possible ? reason : tr("Not possible: %1").arg(reason));
    QPalette warn = palette();
    // On a field's ground the text has another role than on the window's.
    for (const auto role : { QPalette::WindowText, QPalette::Text }) {
        warn.setColor(role, Theme::current().tokens().warn);
    }
    m_why->setPalette(warn);
    m_why->setVisible(!choice.reason.empty());
    m_remedy->setText(tr("To change it: %1").arg(QString::fromStdString(choice.remedy)));
    m_remedy->setVisible(!choice.remedy.empty());
    m_box->setAccessibleDescription(m_what->text() + QLatin1Char(' ') + explanation());
}

void TierRow::setCost(std::optional<double> cores, const QString& origin)
{
    m_cost->setText(cores
            ? tr("%1 of a core")
                  .arg(QString::fromStdString(formatNumber(*cores, Unit::Ratio, NumberStyle::Reading)))
            : QString());
    m_cost->setVisible(cores.has_value() && m_box->isEnabled());
    m_origin->setText(cores ? origin : tr("measured once attached"));
}

bool TierRow::isChosen() const
{
    return m_box->isEnabled() && m_box->isChecked();
}

QString TierRow::explanation() const
{
    QStringList parts;
    for (const QLabel* label : { m_why, m_remedy }) {
        if (!label->isHidden()) {
            parts << label->text();
        }
    }
    return parts.join(QLatin1Char(' '));
}

} // namespace prism::app
