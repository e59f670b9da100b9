// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/facets/facet_model.h"

#include <QCollator>
#include <algorithm>
#include <array>
#include <cmath>

namespace prism::app {

namespace {

constexpr std::size_t shownAtFirst = 6;

struct Known {
    const char* name;
    const char* title;
    bool open;
};

/// In the order in which they are shown.
constexpr std::array known {
    Known { "model", QT_TRANSLATE_NOOP("FacetModel", "Model"), true },
    Known { "engine", QT_TRANSLATE_NOOP("FacetModel", "Engine"), true },
    Known { "accelerator", QT_TRANSLATE_NOOP("FacetModel", "Accelerator"), true },
    Known { "precision", QT_TRANSLATE_NOOP("FacetModel", "Precision"), true },
    Known { "isl_osl", QT_TRANSLATE_NOOP("FacetModel", "Input → output"), true },
    Known { "producer", QT_TRANSLATE_NOOP("FacetModel", "Tool"), true },
    Known { "concurrency", QT_TRANSLATE_NOOP("FacetModel", "Concurrency"), false },
    Known { "request_rate", QT_TRANSLATE_NOOP("FacetModel", "Request rate"), false },
    Known { "load_mode", QT_TRANSLATE_NOOP("FacetModel", "Load mode"), false },
    Known { "engine_version", QT_TRANSLATE_NOOP("FacetModel", "Engine version"), false },
    Known { "accelerator_count", QT_TRANSLATE_NOOP("FacetModel", "GPUs"), false },
    Known { "nodes", QT_TRANSLATE_NOOP("FacetModel", "Nodes"), false },
    Known { "tp", QT_TRANSLATE_NOOP("FacetModel", "Tensor parallelism"), false },
    Known { "pp", QT_TRANSLATE_NOOP("FacetModel", "Pipeline parallelism"), false },
    Known { "dp", QT_TRANSLATE_NOOP("FacetModel", "Data parallelism"), false },
    Known { "ep", QT_TRANSLATE_NOOP("FacetModel", "Expert parallelism"), false },
    Known { "pd", QT_TRANSLATE_NOOP("FacetModel", "Prefill : decode"), false },
    Known { "serving_stack", QT_TRANSLATE_NOOP("FacetModel", "Serving stack"), false },
    Known { "isl_target", QT_TRANSLATE_NOOP("FacetModel", "Input length"), false },
    Known { "osl_target", QT_TRANSLATE_NOOP("FacetModel", "Output length"), false },
    Known { "dataset", QT_TRANSLATE_NOOP("FacetModel", "Dataset"), false },
    Known { "source", QT_TRANSLATE_NOOP("FacetModel", "Source"), false },
    Known { "date", QT_TRANSLATE_NOOP("FacetModel", "Date"), false },
    Known { "evidence", QT_TRANSLATE_NOOP("FacetModel", "Evidence"), false },
    Known { "tags", QT_TRANSLATE_NOOP("FacetModel", "Tags"), false },
};

const Known* knownOf(const QString& name)
{
    const auto it = std::find_if(
        known.begin(), known.end(), [&](const Known& k) { return name == QLatin1String(k.name); });
    return it == known.end() ? nullptr : it;
}

QString text(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

QSet<QString> sharedEnds(const std::vector<std::string>& values)
{
    QSet<QString> seen;
    QSet<QString> shared;
    for (const std::string& value : values) {
        const QString last = text(value).section(QLatin1Char('/'), -1);
        (seen.contains(last) ? shared : seen).insert(last);
    }
    return shared;
}

} // namespace

FacetModel::FacetModel(Workspace& workspace, QObject* parent)
    : QAbstractItemModel(parent)
    , m_workspace(workspace)
{
    connect(&workspace, &Workspace::filterChanged, this, &FacetModel::refresh);
    refresh();
}

QString FacetModel::valueText(const Facet& facet, const Entry& entry) const
{
    const std::string& value = m_table->categories()[facet.category].dictionary[entry.code];
    if (value.empty()) {
        return tr("Not stated");
    }
    if (facet.name == QLatin1String("producer")) {
        return toolName(value);
    }
    if (facet.name == QLatin1String("source")) {
        return text(value).section(QLatin1Char('/'), -2);
    }
    // Who published a model is told by the tool tip; here it would push the name out of sight.
    const QString last = text(value).section(QLatin1Char('/'), -1);
    return facet.name == QLatin1String("model") && !facet.shared.contains(last) ? last : text(value);
}

std::vector<FacetModel::Facet> FacetModel::build() const
{
    std::vector<Facet> facets;
    const auto categories = m_table->categories();
    const auto& counted = m_workspace.filtered().facets;
    for (const Known& k : known) {
        const auto it = std::find_if(
            categories.begin(), categories.end(), [&](const CategoryColumn& c) { return c.name == k.name; });
        if (it == categories.end()) {
            continue;
        }
        Facet facet { std::size_t(it - categories.begin()), QString::fromLatin1(k.name), tr(k.title), {}, 0,
            1, it->name == "model" ? sharedEnds(it->dictionary) : QSet<QString>() };
        const auto ticked = m_workspace.filter().facets.find(k.name);
        bool states = false;
        for (Code code = 0; code < it->dictionary.size(); ++code) {
            const bool isTicked = ticked != m_workspace.filter().facets.end()
                && ticked->second.contains(it->dictionary[code]);
            const Entry entry { code, counted[facet.category].counts[code], isTicked };
            // What stands for several values is none of its own.
            const bool used = (code > 0 && !it->isSeveral(code))
                || (code == 0 && m_unstated.contains(facet.name)) || isTicked;
            states = states || (code > 0);
            if (used
                && (m_search.isEmpty() || valueText(facet, entry).contains(m_search, Qt::CaseInsensitive)
                    || text(it->dictionary[code]).contains(m_search, Qt::CaseInsensitive))) {
                facet.entries.push_back(entry);
                facet.largest = std::max(facet.largest, entry.count);
            }
        }
        if (facet.entries.empty() || !states) {
            continue;
        }
        // By what is read in the list: a model's owner is not, and "8x" comes before "16x".
        QCollator order;
        order.setNumericMode(true);
        order.setCaseSensitivity(Qt::CaseInsensitive);
        std::stable_sort(facet.entries.begin(), facet.entries.end(), [&](const Entry& a, const Entry& b) {
            const bool numeric = a.code < it->numbers.size() && b.code < it->numbers.size()
                && !std::isnan(it->numbers[a.code]) && !std::isnan(it->numbers[b.code]);
            if ((a.code == 0) != (b.code == 0)) {
                return b.code == 0; // "Not stated" is last
            }
            return numeric ? it->numbers[a.code] < it->numbers[b.code]
                           : order.compare(valueText(facet, a), valueText(facet, b)) < 0;
        });
        const bool all
            = m_all.contains(facet.name) || !m_search.isEmpty() || facet.entries.size() <= shownAtFirst + 1;
        facet.shown = all ? facet.entries.size() : shownAtFirst;
        if (!all) {
            // Of a long list the few in sight are those that would find something.
            std::stable_partition(facet.entries.begin(), facet.entries.end(),
                [](const Entry& e) { return e.ticked || e.count > 0; });
        }
        facets.push_back(std::move(facet));
    }
    return facets;
}

bool FacetModel::sameShape(const std::vector<Facet>& other) const
{
    return std::equal(
        m_facets.begin(), m_facets.end(), other.begin(), other.end(), [](const Facet& a, const Facet& b) {
            return a.name == b.name && a.shown == b.shown && a.entries.size() == b.entries.size();
        });
}

void FacetModel::refresh()
{
    const bool sameTable = m_table == m_workspace.table();
    m_table = m_workspace.table();
    if (!sameTable) {
        m_unstated.clear();
        for (const CategoryColumn& c : m_table->categories()) {
            if (std::find(c.codes.begin(), c.codes.end(), Code(0)) != c.codes.end()) {
                m_unstated.insert(text(c.name));
            }
        }
    }
    std::vector<Facet> facets = build();
    if (sameTable && sameShape(facets)) {
        // Counts change in place: nothing jumps under the mouse.
        m_facets = std::move(facets);
        for (int head = 0; head < rowCount(); ++head) {
            const QModelIndex parent = index(head, 0);
            Q_EMIT dataChanged(parent, parent);
            if (const int rows = rowCount(parent)) {
                Q_EMIT dataChanged(index(0, 0, parent), index(rows - 1, 0, parent));
            }
        }
        return;
    }
    beginResetModel();
    m_facets = std::move(facets);
    endResetModel();
}

void FacetModel::setSearch(const QString& search)
{
    m_search = search;
    refresh();
}

const FacetModel::Facet* FacetModel::facetOf(const QModelIndex& index) const
{
    if (!index.isValid()) {
        return nullptr;
    }
    const std::size_t at
        = index.internalId() == 0 ? std::size_t(index.row()) : std::size_t(index.internalId() - 1);
    return at < m_facets.size() ? &m_facets[at] : nullptr;
}

QString FacetModel::category(const QModelIndex& index) const
{
    const Facet* facet = facetOf(index);
    return facet ? facet->name : QString();
}

bool FacetModel::opensAtFirst(const QModelIndex& head) const
{
    const Known* k = knownOf(category(head));
    return k && k->open;
}

void FacetModel::setTicked(const Facet& facet, const std::set<std::string>& values)
{
    Filter filter = m_workspace.filter();
    const std::string name = facet.name.toStdString();
    if (values.empty()) {
        filter.facets.erase(name);
    } else {
        filter.facets[name] = values;
    }
    m_workspace.setFilter(filter);
}

void FacetModel::toggle(const QModelIndex& value)
{
    const Facet* facet = facetOf(value);
    if (!facet || value.data(KindRole).toInt() != Value) {
        return;
    }
    const Filter& filter = m_workspace.filter();
    const auto it = filter.facets.find(facet->name.toStdString());
    std::set<std::string> values = it == filter.facets.end() ? std::set<std::string>() : it->second;
    const std::string& text
        = m_table->categories()[facet->category].dictionary[facet->entries[std::size_t(value.row())].code];
    if (!values.erase(text)) {
        values.insert(text);
    }
    setTicked(*facet, values);
}

void FacetModel::only(const QModelIndex& value)
{
    const Facet* facet = facetOf(value);
    if (facet && value.data(KindRole).toInt() == Value) {
        setTicked(*facet,
            { m_table->categories()[facet->category]
                    .dictionary[facet->entries[std::size_t(value.row())].code] });
    }
}

void FacetModel::showAll(const QModelIndex& more)
{
    if (more.data(KindRole).toInt() == More) {
        m_all.insert(category(more));
        refresh();
    }
}

QModelIndex FacetModel::index(int row, int column, const QModelIndex& parent) const
{
    if (column != 0 || row < 0 || row >= rowCount(parent)) {
        return {};
    }
    return createIndex(row, 0, parent.isValid() ? quintptr(parent.row() + 1) : quintptr(0));
}

QModelIndex FacetModel::parent(const QModelIndex& child) const
{
    return child.isValid() && child.internalId() > 0
        ? createIndex(int(child.internalId()) - 1, 0, quintptr(0))
        : QModelIndex();
}

int FacetModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid()) {
        return int(m_facets.size());
    }
    if (parent.internalId() > 0) {
        return 0;
    }
    const Facet& facet = m_facets[std::size_t(parent.row())];
    return int(facet.shown + (facet.shown < facet.entries.size() ? 1 : 0));
}

int FacetModel::columnCount(const QModelIndex&) const
{
    return 1;
}

QVariant FacetModel::headData(const Facet& facet, int role) const
{
    const auto selected
        = std::count_if(facet.entries.begin(), facet.entries.end(), [](const Entry& e) { return e.ticked; });
    switch (role) {
    case Qt::DisplayRole:
        return facet.title;
    case Qt::AccessibleTextRole:
        return selected > 0 ? tr("%1, %2 selected").arg(facet.title, QString::number(selected)) : facet.title;
    case KindRole:
        return int(Head);
    case SelectedRole:
        return int(selected);
    default:
        return {};
    }
}

QVariant FacetModel::entryData(const Facet& facet, const Entry& entry, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
        return valueText(facet, entry);
    case Qt::ToolTipRole:
        return text(m_table->categories()[facet.category].dictionary[entry.code]);
    case Qt::AccessibleTextRole:
        return tr("%1, %n point(s)", nullptr, int(entry.count)).arg(valueText(facet, entry));
    case Qt::CheckStateRole:
        return entry.ticked ? Qt::Checked : Qt::Unchecked;
    case KindRole:
        return int(Value);
    case CountRole:
        return uint(entry.count);
    case ShareRole:
        return double(entry.count) / double(facet.largest);
    case TickedRole:
        return entry.ticked;
    case ValueRole:
        return text(m_table->categories()[facet.category].dictionary[entry.code]);
    default:
        return {};
    }
}

QVariant FacetModel::data(const QModelIndex& index, int role) const
{
    const Facet* facet = facetOf(index);
    if (!facet) {
        return {};
    }
    if (index.internalId() == 0) {
        return headData(*facet, role);
    }
    if (std::size_t(index.row()) < facet->shown) {
        return entryData(*facet, facet->entries[std::size_t(index.row())], role);
    }
    switch (role) {
    case Qt::DisplayRole:
        return tr("%n more…", nullptr, int(facet->entries.size() - facet->shown));
    case KindRole:
        return int(More);
    default:
        return {};
    }
}

bool FacetModel::setData(const QModelIndex& index, const QVariant&, int role)
{
    if (role != Qt::CheckStateRole) {
        return false;
    }
    toggle(index);
    return true;
}

Qt::ItemFlags FacetModel::flags(const QModelIndex& index) const
{
    if (!index.isValid()) {
        return Qt::NoItemFlags;
    }
    const bool isValue = index.data(KindRole).toInt() == Value;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | (isValue ? Qt::ItemIsUserCheckable : Qt::NoItemFlags);
}

} // namespace prism::app
