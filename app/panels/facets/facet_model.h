// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/selection/workspace.h"

#include <QAbstractItemModel>
#include <QSet>

#include <vector>

namespace prism::app {

/// Facets as heads with their values below, each with its live count computed without the facet's own filter.
/// Values beyond the first six hide behind a "more" row until the facet is opened. Ticks go to the
/// workspace's filter.
class FacetModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Role { CountRole = Qt::UserRole, ShareRole, TickedRole, KindRole, SelectedRole, ValueRole };
    enum Kind { Head, Value, More };

    explicit FacetModel(Workspace& workspace, QObject* parent = nullptr);

    /// Only values that hold the text; facets without one vanish.
    void setSearch(const QString& text);
    void toggle(const QModelIndex& value);
    void only(const QModelIndex& value); ///< ticks this value alone
    void showAll(const QModelIndex& more);
    /// Facets that are open when a database is new.
    bool opensAtFirst(const QModelIndex& head) const;
    QString category(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    struct Entry {
        Code code = 0;
        std::uint32_t count = 0;
        bool ticked = false;
    };
    struct Facet {
        std::size_t category = 0; ///< index into the table's categories
        QString name;
        QString title;
        std::vector<Entry> entries;
        std::size_t shown = 0; ///< entries before the "more" row
        std::uint32_t largest = 1;
        QSet<QString> shared; ///< last steps that several values end in, which alone would name neither
    };
    std::vector<Facet> build() const;
    void refresh();
    bool sameShape(const std::vector<Facet>& other) const;
    const Facet* facetOf(const QModelIndex& index) const;
    QString valueText(const Facet& facet, const Entry& entry) const;
    QVariant headData(const Facet& facet, int role) const;
    QVariant entryData(const Facet& facet, const Entry& entry, int role) const;
    void setTicked(const Facet& facet, const std::set<std::string>& values);

    Workspace& m_workspace;
    std::shared_ptr<const ColumnTable> m_table;
    QString m_search;
    QSet<QString> m_all; ///< facets that show every value
    QSet<QString> m_unstated; ///< facets that some point says nothing of, whatever the filter hides
    std::vector<Facet> m_facets;
};

} // namespace prism::app
