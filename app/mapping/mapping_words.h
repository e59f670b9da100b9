// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"
#include "core/model/metric.h"

#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>

namespace prism::app {

/// One entry of a list to choose from.
struct Choice {
    QString key; ///< what the choice stands for; stable
    QString text;
    QString group; ///< heading above it; empty for none
    QString toolTip;
};
using Choices = QList<Choice>;

/// What a column, or a constant, can become: attributes, metrics by their groups, fields of a request.
Choices targetChoices(Mapping::Row row, bool ofConstants);
/// The choice that a value is; "measure:ttft", "attribute:model", "request:start".
QString targetKey(const MappedValue& value);
/// Makes a value what a choice says. A statistic and a unit that do not fit it any more are dropped: they are
/// for the user to state.
void setTarget(MappedValue& value, const QString& key);
QString targetText(const MappedValue& value);

/// The statistics of a metric that people have, the value's own too; empty where there is nothing to choose.
Choices statChoices(const MappedValue& value);
Choices unitChoices(const MappedValue& value);
QString attributeTitle(const std::string& name);
QString rowText(Mapping::Row row); ///< "load point", "request"

/// "The unit of TTFT is not stated. State the unit of the file."
QString sentence(const Error& error);

/// "1.2 MB", "10 000".
QString sizeText(std::uint64_t bytes);
QString countText(std::uint64_t count);

inline QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

} // namespace prism::app

Q_DECLARE_METATYPE(prism::app::Choices)
