// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/measure_model.h"

#include "app/theme/theme.h"
#include "core/export/points_csv.h"

#include <QTextDocument>

#include <algorithm>

namespace prism::app {

namespace {

QString text(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

/// A sign a person learns once; the tooltip spells it out.
QString originSign(Origin origin)
{
    switch (origin) {
    case Origin::Reported:
        return MeasureModel::tr("file");
    case Origin::Derived:
        return QStringLiteral("ƒ");
    case Origin::Estimated:
        return QStringLiteral("~");
    case Origin::User:
        return QStringLiteral("✎");
    }
    return {};
}

QString originText(Origin origin, const std::string& path, const std::string& formula)
{
    switch (origin) {
    case Origin::Reported:
        return MeasureModel::tr("Read from the file at %1").arg(text(path));
    case Origin::Derived:
        return MeasureModel::tr("Derived: %1").arg(text(formula.empty() ? path : formula));
    case Origin::Estimated:
        return MeasureModel::tr("Estimated: %1").arg(text(formula));
    case Origin::User:
        return MeasureModel::tr("Set by you");
    }
    return {};
}

constexpr int mostCut = 2000; ///< characters of a value in its tool tip

/// "Set by you (anna, 2026-11-28T18:00:00Z)"
QString saidText(const Word& word)
{
    const QString what
        = word.ofRun ? MeasureModel::tr("Set by you for the whole run") : MeasureModel::tr("Set by you");
    return word.saidAt.empty()
        ? what
        : MeasureModel::tr("%1 (%2, %3)").arg(what, text(word.saidBy), text(word.saidAt));
}

std::ptrdiff_t registryOrder(const Metric* metric)
{
    const auto all = allMetrics();
    return std::find_if(all.begin(), all.end(), [metric](const Metric& m) { return &m == metric; })
        - all.begin();
}

} // namespace

MeasureModel::Line MeasureModel::lineOf(const Measure& m)
{
    Line line;
    line.metric = text(m.metric->id);
    line.name = text(m.metric->name);
    line.stat = m.stat == Stat::value() ? QString() : text(m.stat.name());
    line.isNumber = true;
    const Unit unit = unitOf(*m.metric, m.stat);
    line.unit = unit == Unit::One ? QString() : text(symbol(unit));
    line.isMuted = m.status != Status::Ok;
    line.value = m.status == Status::Ok ? text(formatNumber(m.value, unit, NumberStyle::Column))
                                        : text(prism::name(m.status));
    line.origin = originSign(m.origin);
    line.place = m.origin == Origin::Reported ? text(m.path) : QString();
    line.toolTip = originText(m.origin, m.path, m.formula);
    if (!m.given.empty()) {
        line.toolTip += QLatin1Char('\n') + tr("In the file: %1.").arg(text(m.given));
    }
    if (!m.semantics.empty()) {
        line.name += QStringLiteral(" (") + text(m.semantics) + QLatin1Char(')');
        line.toolTip += QLatin1Char('\n') + tr("Its meaning differs from ours: %1.").arg(text(m.semantics));
    }
    if (m.status == Status::Ok) {
        line.toolTip += QLatin1Char('\n') + text(formatNumber(m.value, unit, NumberStyle::Full))
            + QLatin1Char(' ') + line.unit;
    }
    return line;
}

MeasureModel::Line MeasureModel::lineOf(const Attribute& a, const Word* word)
{
    Line line;
    line.name = text(a.name).replace(QLatin1Char('_'), QLatin1Char(' '));
    line.metric = text(a.name);
    line.value = text(toText(a.value));
    line.origin = originSign(a.origin);
    line.place = text(a.path);
    const auto names = attributeNames();
    line.isAttribute = std::find(names.begin(), names.end(), a.name) != names.end();
    if (word) {
        line.place.clear();
        line.toolTip = line.value + QLatin1Char('\n') + saidText(*word);
        return line;
    }
    line.toolTip = a.given.empty() ? line.value : tr("The file says %1.").arg(text(a.given));
    if (!a.path.empty()) {
        line.toolTip += QLatin1Char('\n') + originText(a.origin, a.path, {});
    }
    return line;
}

MeasureModel::Line MeasureModel::fileLine(const Attribute& a, const Word& word)
{
    Line line;
    line.name = tr("in the file");
    line.origin = originSign(Origin::Reported);
    line.isMuted = true;
    line.place = text(a.path);
    line.value = word.before.empty() ? tr("not stated") : text(a.given.empty() ? word.before : a.given);
    line.toolTip = word.before.empty() ? tr("The file does not say it.")
                                       : tr("We read it as %1.").arg(text(word.before));
    if (!a.path.empty()) {
        line.toolTip += QLatin1Char('\n') + originText(Origin::Reported, a.path, {});
    }
    return line;
}

void MeasureModel::setPoint(const PointDetail& point)
{
    beginResetModel();
    m_lines.clear();
    std::vector<const Measure*> measures;
    for (const Measure& m : point.measures) {
        measures.push_back(&m);
    }
    std::stable_sort(measures.begin(), measures.end(), [](const Measure* a, const Measure* b) {
        const auto left = registryOrder(a->metric);
        const auto right = registryOrder(b->metric);
        return left != right ? left < right : a->stat < b->stat;
    });
    const Metric* before = nullptr;
    for (const Measure* m : measures) {
        m_lines.push_back(lineOf(*m));
        m_lines.back().repeatsName = m->metric == before && m->semantics.empty();
        before = m->metric;
    }
    for (const Attribute& a : point.record.attributes) {
        const Word* word = point.word(std::string(attributeWord) + a.name);
        m_lines.push_back(lineOf(a, word));
        if (word) {
            m_lines.push_back(fileLine(a, *word));
        }
    }
    for (const Extra& e : point.extras) {
        Line line;
        line.name = text(e.path);
        line.value = text(e.text).simplified();
        line.origin = tr("file");
        line.place = text(e.path);
        line.toolTip = tr("Kept as the file has it; no metric of ours.");
        line.isMuted = true;
        m_lines.push_back(std::move(line));
    }
    endResetModel();
}

void MeasureModel::clear()
{
    beginResetModel();
    m_lines.clear();
    endResetModel();
}

int MeasureModel::rowOf(const QString& metric, const QString& stat) const
{
    const QString wanted = stat == QLatin1String("value") ? QString() : stat;
    const auto it = std::find_if(m_lines.begin(), m_lines.end(),
        [&](const Line& line) { return line.metric == metric && line.stat == wanted; });
    return it == m_lines.end() ? -1 : int(it - m_lines.begin());
}

int MeasureModel::rowAt(const QString& place) const
{
    const auto it = std::find_if(m_lines.begin(), m_lines.end(),
        [&](const Line& line) { return !place.isEmpty() && line.place == place; });
    return it == m_lines.end() ? -1 : int(it - m_lines.begin());
}

QString MeasureModel::place(int row) const
{
    return row >= 0 && row < int(m_lines.size()) ? m_lines[std::size_t(row)].place : QString();
}

QString MeasureModel::csv() const
{
    QString out = QStringLiteral("measure,stat,value,unit,origin,place\r\n");
    const auto cell = [](const QString& s, bool number = false) {
        return QString::fromStdString(csvCell(s.toStdString(), number));
    };
    for (const Line& line : m_lines) {
        out += cell(line.name) + QLatin1Char(',') + cell(line.stat) + QLatin1Char(',')
            + cell(line.value, line.isNumber) + QLatin1Char(',') + cell(line.unit) + QLatin1Char(',')
            + cell(line.origin) + QLatin1Char(',') + cell(line.place) + QStringLiteral("\r\n");
    }
    return out;
}

int MeasureModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_lines.size());
}
int MeasureModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant MeasureModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_lines.size())) {
        return {};
    }
    const Line& line = m_lines[std::size_t(index.row())];
    switch (role) {
    case PlaceRole:
        return line.place;
    case Qt::EditRole:
        return line.value;
    case Qt::ToolTipRole: {
        // What a narrow column cuts stands whole in its tool tip.
        const QString cut = index.column() == Name      ? line.name
            : index.column() == Value && !line.isNumber ? line.value
                                                        : QString();
        return (cut.isEmpty() || line.toolTip.startsWith(cut)
                ? line.toolTip
                : cut.left(mostCut) + QLatin1Char('\n') + line.toolTip);
    }
    case Qt::AccessibleTextRole:
        return index.column() == Name ? QVariant(line.name) : data(index, Qt::DisplayRole);
    case Qt::TextAlignmentRole:
        return int(
            (index.column() == Value && line.isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::ForegroundRole:
        return line.isMuted ? QVariant(Theme::current().tokens().muted) : QVariant();
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case Name:
        return line.repeatsName ? QString() : line.name;
    case StatColumn:
        return line.stat;
    case Value:
        return line.value;
    case UnitColumn:
        return line.unit;
    case OriginColumn:
        return line.origin;
    default:
        return {};
    }
}

bool MeasureModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable)) {
        return false;
    }
    const Line& line = m_lines[std::size_t(index.row())];
    const QString wanted = value.toString().trimmed();
    if (wanted != line.value) {
        Q_EMIT attributeEdited(line.metric, wanted);
    }
    return false; // the store has the last word
}

Qt::ItemFlags MeasureModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    const bool editable = index.isValid() && index.column() == Value && index.row() < int(m_lines.size())
        && m_lines[std::size_t(index.row())].isAttribute;
    flags.setFlag(Qt::ItemIsEditable, editable);
    return flags;
}

QVariant MeasureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return int((section == Value ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Measure");
    case StatColumn:
        return tr("Stat");
    case Value:
        return tr("Value");
    case UnitColumn:
        return tr("Unit");
    case OriginColumn:
        return tr("Origin");
    default:
        return {};
    }
}

} // namespace prism::app
