// SPDX-License-Identifier: GPL-3.0-or-later
// What the Live perspective keeps over restarts.
#include "app/live/live_perspective.h"

#include "app/live/timeline_bar.h"
#include "app/selection/workspace.h"
#include "core/live/limits.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSplitter>

namespace prism::app {

namespace {

const QString windowKey = QStringLiteral("window_ms");
const QString rowsKey = QStringLiteral("rows");
const QString speedKey = QStringLiteral("speed");
const QString lanesKey = QStringLiteral("lanes");
const QString hiddenKey = QStringLiteral("hidden");
const QString sizeKey = QStringLiteral("size");
const QString limitsKey = QStringLiteral("limits");
const QString limitsOnKey = QStringLiteral("limits_on");
const QString splittersKey = QStringLiteral("splitters");
constexpr qint64 msNs = 1'000'000;

} // namespace

QByteArray LivePerspective::state() const
{
    QJsonObject lanes;
    for (const auto& [id, arrangement] : m_model.arrangements()) {
        QJsonObject lane { { sizeKey, int(arrangement.size) } };
        if (arrangement.hidden) {
            lane[hiddenKey] = *arrangement.hidden;
        }
        lanes[id] = lane;
    }
    QJsonArray limits;
    for (const SloLimit& limit : m_workspace.sloLimits()) {
        limits << QString::fromStdString(live::limitText(limit));
    }
    const QJsonArray splitters { QString::fromLatin1(m_centre->saveState().toBase64()),
        QString::fromLatin1(m_sides->saveState().toBase64()) };
    return QJsonDocument(QJsonObject { { windowKey, m_timelineBar->windowNs() / msNs },
                             { rowsKey, int(m_timelineBar->rows()) }, { speedKey, m_timelineBar->speed() },
                             { lanesKey, lanes }, { limitsKey, limits },
                             { limitsOnKey, m_workspace.sloEnabled() }, { splittersKey, splitters } })
        .toJson(QJsonDocument::Compact);
}

void LivePerspective::restore(const QByteArray& state)
{
    const QJsonObject json = QJsonDocument::fromJson(state).object();
    if (json.isEmpty()) {
        return;
    }
    m_timelineBar->setWindow(json[windowKey].toInteger() * msNs);
    m_window = m_timelineBar->windowNs();
    m_timelineBar->setRows(TimelineBar::Rows(std::clamp(json[rowsKey].toInt(), 0, 2)));
    m_timelineBar->setSpeed(json[speedKey].toDouble(1));
    std::map<QString, TimelineModel::Arrangement> lanes;
    const QJsonObject arranged = json[lanesKey].toObject();
    for (auto it = arranged.begin(); it != arranged.end(); ++it) {
        const QJsonObject lane = it.value().toObject();
        lanes[it.key()] = { lane.contains(hiddenKey) ? std::optional(lane[hiddenKey].toBool()) : std::nullopt,
            LaneSize(std::clamp(lane[sizeKey].toInt(1), 0, 2)) };
    }
    m_model.setArrangements(std::move(lanes));
    std::vector<SloLimit> limits;
    for (const QJsonValue& text : json[limitsKey].toArray()) {
        // Of other metrics Explore keeps the limits with its view.
        if (const auto limit = live::limitFromText(text.toString().toStdString())) {
            limits.push_back(*limit);
        }
    }
    if (m_workspace.sloLimits().empty() && !limits.empty()) {
        m_workspace.setSlo(limits, json[limitsOnKey].toBool());
    }
    takeLimits(); // lanes that want limits are hidden without
    const QJsonArray splitters = json[splittersKey].toArray();
    if (splitters.size() == 2) {
        m_centre->restoreState(QByteArray::fromBase64(splitters[0].toString().toLatin1()));
        m_sides->restoreState(QByteArray::fromBase64(splitters[1].toString().toLatin1()));
    }
}

} // namespace prism::app
