// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/slo_editor.h"

#include "app/charts/axis_chooser.h"
#include "app/charts/chart_spec.h"
#include "app/theme/button_text.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

/// 1, 2 or 5 times a power of ten at or above a value.
double roundedUp(double value)
{
    if (!(value > 0)) {
        return 1;
    }
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double m : { 1.0, 2.0, 5.0 }) {
        if (m * power >= value) {
            return m * power;
        }
    }
    return 10 * power;
}

/// A round number that about half of the points hold.
double usualLimit(const ColumnTable& table, const Metric& metric, Stat stat)
{
    const auto order = table.ascending(metric, stat);
    const auto values = table.measures(metric, stat);
    return roundedUp(order->empty() ? 1 : values->values[(*order)[order->size() / 2]]);
}

/// Metric, statistic and number of one limit.
class LimitDialog : public QDialog {
public:
    LimitDialog(const SloLimit& limit, bool exists, std::shared_ptr<const ColumnTable> table, QWidget* parent)
        : QDialog(parent)
        , m_table(std::move(table))
        , m_available(m_table->available().begin(), m_table->available().end())
        , m_metric(new QComboBox(this))
        , m_stat(new QComboBox(this))
        , m_value(new QLineEdit(this))
        , m_unit(new QLabel(this))
    {
        setWindowTitle(SloEditor::tr("Limit of the SLO"));
        addMetrics(m_metric, m_available);
        m_metric->setCurrentIndex(m_metric->findData(QString::fromStdString(limit.metric->id)));
        auto* validator = new QDoubleValidator(0, 1e15, 6, this);
        validator->setLocale(QLocale::c());
        m_value->setValidator(validator);
        m_value->setText(QString::fromStdString(formatNumber(limit.limit, Unit::One, NumberStyle::Full)));
        auto* value = new QHBoxLayout;
        value->addWidget(m_value);
        value->addWidget(m_unit);
        auto* form = new QFormLayout;
        form->addRow(SloEditor::tr("Metric:"), m_metric);
        form->addRow(SloEditor::tr("Statistic:"), m_stat);
        form->addRow(SloEditor::tr("Limit:"), value);
        auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
        QPushButton* ok = buttons->button(QDialogButtonBox::Ok);
        if (exists) {
            auto* remove = buttons->addButton(SloEditor::tr("Remove"), QDialogButtonBox::DestructiveRole);
            connect(remove, &QPushButton::clicked, this, [this] { done(removed); });
        }
        auto* column = new QVBoxLayout(this);
        column->setContentsMargins(14, 14, 14, 14);
        column->addLayout(form);
        column->addWidget(buttons);
        connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
        connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
        const auto judge = [this, ok] { ok->setEnabled(this->limit().has_value()); };
        connect(m_value, &QLineEdit::textChanged, this, judge);
        connect(m_metric, &QComboBox::currentIndexChanged, this, [this] {
            fillStats({});
            proposeValue();
        });
        fillStats(QString::fromStdString(limit.stat.name()));
        judge();
        m_value->setFocus();
        m_value->selectAll();
    }

    static constexpr int removed = 2;

    std::optional<SloLimit> limit() const
    {
        const Metric* metric = findMetric(m_metric->currentData().toString().toStdString());
        const auto stat = Stat::parse(m_stat->currentText().toStdString());
        bool ok = false;
        const double value = QLocale::c().toDouble(m_value->text(), &ok);
        return metric && stat && ok && value > 0 ? std::optional(SloLimit { metric, *stat, value })
                                                 : std::nullopt;
    }

private:
    /// Another metric has other numbers; what the user wrote stays.
    void proposeValue()
    {
        const Metric* metric = findMetric(m_metric->currentData().toString().toStdString());
        const auto stat = Stat::parse(m_stat->currentText().toStdString());
        if (metric && stat && !m_value->isModified()) {
            m_value->setText(QString::fromStdString(
                formatNumber(usualLimit(*m_table, *metric, *stat), Unit::One, NumberStyle::Full)));
        }
    }

    void fillStats(const QString& wanted)
    {
        m_stat->clear();
        const Metric* metric = findMetric(m_metric->currentData().toString().toStdString());
        if (!metric) {
            return;
        }
        for (const auto& [m, stat] : m_available) {
            if (m == metric) {
                m_stat->addItem(QString::fromStdString(stat.name()));
            }
        }
        const QString usual = QString::fromStdString(usualStat(*metric, m_available).name());
        m_stat->setCurrentText(wanted.isEmpty() ? usual : wanted);
        const std::string_view unit = symbol(metric->unit);
        m_unit->setText((metric->direction == Direction::HigherIsBetter ? SloEditor::tr("%1 at least")
                                                                        : SloEditor::tr("%1 at most"))
                            .arg(QString::fromUtf8(unit.data(), static_cast<qsizetype>(unit.size()))));
    }

    std::shared_ptr<const ColumnTable> m_table; ///< an import may replace the window's
    std::vector<std::pair<const Metric*, Stat>> m_available;
    QComboBox* m_metric;
    QComboBox* m_stat;
    QLineEdit* m_value;
    QLabel* m_unit;
};

} // namespace

SloEditor::SloEditor(QWidget* parent)
    : QWidget(parent)
    , m_switch(new QCheckBox(tr("SLO"), this))
    , m_add(new QToolButton(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(m_switch);
    row->addWidget(m_add);
    m_switch->setToolTip(tr("Marks the points that break a limit"));
    m_add->setText(QStringLiteral("+"));
    m_add->setAutoRaise(true);
    m_add->setFixedSize(24, 24);
    m_add->setAccessibleName(tr("Add a limit"));
    m_add->setToolTip(tr("Add a limit"));
    connect(m_add, &QToolButton::clicked, this, &SloEditor::add);
    connect(m_switch, &QCheckBox::clicked, this, [this](bool on) {
        if (on && m_limits.empty()) {
            m_switch->setChecked(false);
            return add();
        }
        Q_EMIT edited(m_limits, on);
    });
}

void SloEditor::setTable(std::shared_ptr<const ColumnTable> table)
{
    m_table = std::move(table);
    m_add->setEnabled(!m_table->available().empty());
    m_switch->setEnabled(m_add->isEnabled());
}

void SloEditor::setLimits(const std::vector<SloLimit>& limits, bool enabled)
{
    m_switch->setChecked(enabled);
    if (limits != m_limits) {
        m_limits = limits;
        rebuild();
    }
}

void SloEditor::toggle()
{
    m_switch->click();
}

void SloEditor::rebuild()
{
    for (QToolButton* button : m_buttons) {
        button->hide();
        button->deleteLater();
    }
    m_buttons.clear();
    for (std::size_t i = 0; i < m_limits.size(); ++i) {
        auto* button = new QToolButton(this);
        button->setText(buttonText(limitText(m_limits[i])));
        button->setToolTip(tr("Change this limit"));
        button->setFixedHeight(24);
        connect(button, &QToolButton::clicked, this, [this, i] { openEditor(i); });
        static_cast<QHBoxLayout*>(layout())->insertWidget(static_cast<int>(i) + 1, button);
        m_buttons.push_back(button);
        button->show();
    }
    updateGeometry();
}

SloLimit SloEditor::proposal() const
{
    const std::vector<std::pair<const Metric*, Stat>> available(
        m_table->available().begin(), m_table->available().end());
    std::vector<std::pair<const Metric*, Stat>> candidates = m_usual;
    for (const char* id : { "ttft", "tpot", "itl", "e2e" }) {
        const Metric* metric = findMetric(id);
        candidates.emplace_back(metric, usualStat(*metric, available));
    }
    for (const auto& candidate : candidates) {
        const bool has = std::ranges::find(available, candidate) != available.end();
        const bool used
            = std::ranges::any_of(m_limits, [&](const SloLimit& l) { return l.metric == candidate.first; });
        if (has && !used) {
            return { candidate.first, candidate.second,
                usualLimit(*m_table, *candidate.first, candidate.second) };
        }
    }
    return { available.front().first, available.front().second, 1 };
}

void SloEditor::add()
{
    if (!m_table || m_table->available().empty()) {
        return;
    }
    LimitDialog dialog(proposal(), false, m_table, this);
    if (dialog.exec() == QDialog::Accepted && dialog.limit()) {
        // A second limit on the same number takes the place of the first: both could not be meant.
        std::vector<SloLimit> limits = m_limits;
        std::erase_if(limits, [&](const SloLimit& l) {
            return l.metric == dialog.limit()->metric && l.stat == dialog.limit()->stat;
        });
        limits.push_back(*dialog.limit());
        Q_EMIT edited(limits, true);
    }
}

void SloEditor::openEditor(std::size_t index)
{
    LimitDialog dialog(m_limits[index], true, m_table, this);
    const int result = dialog.exec();
    std::vector<SloLimit> limits = m_limits;
    if (result == LimitDialog::removed) {
        limits.erase(limits.begin() + static_cast<std::ptrdiff_t>(index));
    } else if (result == QDialog::Accepted && dialog.limit()) {
        limits[index] = *dialog.limit();
    }
    Q_EMIT edited(limits, m_switch->isChecked() && !limits.empty());
}

} // namespace prism::app
