// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/axis_chooser.h"

#include "app/charts/text_combo_box.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QInputDialog>
#include <QLabel>
#include <QSignalBlocker>
#include <QStandardItemModel>

#include <algorithm>
#include <array>

namespace prism::app {

namespace {

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

/// Rank for lists: single value, mean, percentiles ascending, then the rest.
int rankOf(Stat stat)
{
    switch (stat.kind()) {
    case Stat::Kind::Value:
        return 0;
    case Stat::Kind::Mean:
        return 1;
    case Stat::Kind::Percentile:
        return 2;
    default:
        return 3;
    }
}

std::vector<Stat> statsOf(const Metric& metric, const std::vector<std::pair<const Metric*, Stat>>& available)
{
    std::vector<Stat> stats;
    for (const auto& [m, stat] : available) {
        if (m == &metric && stat.kind() != Stat::Kind::Count) {
            stats.push_back(stat);
        }
    }
    std::ranges::sort(stats, [](Stat a, Stat b) {
        return std::pair(rankOf(a), a.percentile()) < std::pair(rankOf(b), b.percentile());
    });
    return stats;
}

} // namespace

Stat usualStat(const Metric& metric, const std::vector<std::pair<const Metric*, Stat>>& available)
{
    const std::vector<Stat> stats = statsOf(metric, available);
    for (const Stat wanted : { Stat::value(), Stat::percentile(99), Stat::percentile(50), Stat::mean() }) {
        if (std::ranges::find(stats, wanted) != stats.end()) {
            return wanted;
        }
    }
    return stats.empty() ? Stat::value() : stats.front();
}

void addMetrics(QComboBox* box, const std::vector<std::pair<const Metric*, Stat>>& available)
{
    std::vector<const Metric*> metrics;
    const auto offer = [&](const Metric& metric) {
        const bool has = std::ranges::any_of(available, [&](const auto& a) { return a.first == &metric; });
        if (has && std::ranges::find(metrics, &metric) == metrics.end()) {
            metrics.push_back(&metric);
        }
    };
    for (const Metric& metric : allMetrics()) {
        offer(metric);
    }
    for (const auto& [metric, stat] : available) {
        offer(*metric); // the open family of accuracies
    }
    std::string group;
    for (const Metric* metric : metrics) {
        if (metric->group != group) {
            group = metric->group;
            box->addItem(qs(group));
            auto* model = qobject_cast<QStandardItemModel*>(box->model());
            model->item(box->count() - 1)->setFlags(Qt::NoItemFlags);
        }
        box->addItem(qs(metric->name), qs(metric->id));
        box->setItemData(box->count() - 1, qs(metric->summary), Qt::ToolTipRole);
    }
}

AxisChooser::AxisChooser(bool isX, QWidget* parent)
    : QWidget(parent)
    , m_isX(isX)
    , m_label(new QLabel(isX ? QStringLiteral("X") : QStringLiteral("Y"), this))
    , m_quantity(new TextComboBox(isX ? tr("X axis: metric") : tr("Y axis: metric"), this))
    , m_stat(new TextComboBox(isX ? tr("X axis: statistic") : tr("Y axis: statistic"), this))
    , m_perAccelerator(new QCheckBox(tr("per GPU"), this))
    , m_scale(new TextComboBox(isX ? tr("X axis: scale") : tr("Y axis: scale"), this))
{
    m_perAccelerator->setAccessibleName(isX ? tr("X axis: per GPU") : tr("Y axis: per GPU"));
    m_perAccelerator->setToolTip(tr("Divided by the number of accelerators"));
    m_scale->addItem(tr("linear"), false);
    m_scale->addItem(tr("log"), true);
    m_scale->insertSeparator(2);
    m_scale->addItem(tr("Upper end…"), QStringLiteral("cap"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    for (QWidget* widget :
        std::initializer_list<QWidget*> { m_label, m_quantity, m_stat, m_perAccelerator, m_scale }) {
        row->addWidget(widget);
    }
    connect(m_quantity, &QComboBox::activated, this, &AxisChooser::chooseQuantity);
    connect(m_stat, &QComboBox::activated, this, &AxisChooser::chooseStat);
    connect(m_perAccelerator, &QCheckBox::toggled, this, [this](bool on) {
        m_axis.perAccelerator = on;
        m_axis.cap.reset();
        Q_EMIT edited();
    });
    connect(m_scale, &QComboBox::activated, this, [this](int index) {
        if (m_scale->itemData(index).toString() == QLatin1String("cap")) {
            return editCap();
        }
        m_axis.logarithmic = m_scale->itemData(index).toBool();
        Q_EMIT edited();
    });
}

void AxisChooser::setTable(const ColumnTable& table)
{
    m_available.assign(table.available().begin(), table.available().end());
    m_loads.clear();
    for (const std::string_view name : loadQuantities()) {
        const CategoryColumn* category = table.category(name);
        if (m_isX && category
            && std::ranges::any_of(category->numbers, [](double number) { return std::isfinite(number); })) {
            m_loads.emplace_back(name);
        }
    }
    setAxis(m_axis);
}

void AxisChooser::setAxis(const ChartAxis& axis)
{
    m_axis = axis;
    fillQuantities();
    fillStats();
    const QSignalBlocker noToggle(m_perAccelerator);
    m_perAccelerator->setChecked(axis.perAccelerator);
    m_perAccelerator->setVisible(axis.metric() && axis.metric()->perAccelerator);
    // An end that was set by hand is in sight wherever the axis is.
    const QString end = axis.cap ? QStringLiteral(" ≤ ") + plainValueText(axis, *axis.cap) : QString();
    m_scale->setItemText(0, tr("linear") + end);
    m_scale->setItemText(1, tr("log") + end);
    m_scale->setCurrentIndex(axis.logarithmic ? 1 : 0);
    m_scale->setToolTip(
        axis.cap ? tr("Ends at %1").arg(valueText(axis, *axis.cap)) : tr("Ends where the data end"));
}

void AxisChooser::fillQuantities()
{
    m_quantity->clear();
    if (!m_loads.empty()) {
        m_quantity->addItem(tr("Load"));
        qobject_cast<QStandardItemModel*>(m_quantity->model())->item(0)->setFlags(Qt::NoItemFlags);
    }
    for (const std::string& load : m_loads) {
        ChartAxis axis;
        axis.quantity = load;
        m_quantity->addItem(quantityName(axis), qs(load));
    }
    addMetrics(m_quantity, m_available);
    int index = m_quantity->findData(qs(m_axis.quantity));
    if (index < 0 && !m_axis.quantity.empty()) {
        m_quantity->addItem(quantityName(m_axis), qs(m_axis.quantity));
        index = m_quantity->count() - 1;
    }
    m_quantity->setCurrentIndex(index);
}

void AxisChooser::fillStats()
{
    m_stat->clear();
    const Metric* metric = m_axis.metric();
    m_stat->setVisible(metric && metric->shape == MetricShape::Distribution);
    if (!metric) {
        return;
    }
    const std::vector<Stat> stats = statsOf(*metric, m_available);
    for (const Stat stat : stats) {
        m_stat->addItem(qs(stat.name()), qs(stat.name()));
    }
    const auto has = [&](double p) { return std::ranges::find(stats, Stat::percentile(p)) != stats.end(); };
    for (const double upper : { 90.0, 95.0, 99.0 }) {
        if (!m_isX && has(50) && has(upper)) {
            const QString name = qs(Stat::percentile(upper).name());
            m_stat->addItem(QStringLiteral("p50 + ") + name, QStringLiteral("p50+") + name);
        }
    }
    const QString wanted = qs(m_axis.stat.name())
        + (m_axis.partner ? QLatin1Char('+') + qs(m_axis.partner->name()) : QString());
    m_stat->setCurrentIndex(m_stat->findData(wanted));
}

void AxisChooser::chooseQuantity(int index)
{
    const std::string quantity = m_quantity->itemData(index).toString().toStdString();
    if (quantity.empty() || quantity == m_axis.quantity) {
        return;
    }
    ChartAxis next;
    next.quantity = quantity;
    const Metric* metric = next.metric();
    next.perAccelerator = metric && metric->perAccelerator && m_axis.perAccelerator;
    // Latencies and loads span decades, rates begin at zero.
    next.logarithmic = !metric || metric->unit == Unit::Millisecond;
    if (metric) {
        next.stat = usualStat(*metric, m_available);
    }
    setAxis(next);
    Q_EMIT edited();
}

void AxisChooser::chooseStat(int index)
{
    const QStringList parts = m_stat->itemData(index).toString().split(QLatin1Char('+'));
    m_axis.stat = Stat::parse(parts.first().toStdString()).value_or(Stat::value());
    m_axis.partner = parts.size() > 1 ? Stat::parse(parts[1].toStdString()) : std::nullopt;
    m_axis.cap.reset();
    m_axis.meaning.reset();
    Q_EMIT edited();
}

void AxisChooser::editCap()
{
    m_scale->setCurrentIndex(m_axis.logarithmic ? 1 : 0);
    bool ok = false;
    const QString text = QInputDialog::getText(m_scale, tr("Upper end of the axis"),
        tr("Upper end of %1; empty lets the data decide:").arg(axisTitle(m_axis)), QLineEdit::Normal,
        m_axis.cap ? QString::number(*m_axis.cap) : QString(), &ok);
    bool number = false;
    const double cap = QLocale::c().toDouble(text.trimmed(), &number);
    if (!ok || (!text.trimmed().isEmpty() && !number)) {
        return;
    }
    m_axis.cap = number && cap > 0 ? std::optional(cap) : std::nullopt;
    setAxis(m_axis);
    Q_EMIT edited();
}

} // namespace prism::app
