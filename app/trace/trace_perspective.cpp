// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_perspective.h"

#include "app/live/timeline_bar.h"
#include "app/timeline/ruler_ticks.h"
#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/trace/trace_overlay.h"
#include "app/trace/trace_stages.h"
#include "app/trace/trace_statistics.h"
#include "app/trace/trace_text.h"
#include "core/model/metric.h"
#include "core/store/store.h"

#include <QComboBox>
#include <QDateTime>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QTimeZone>
#include <QTimer>
#include <QToolButton>

namespace prism::app {

namespace {

QString lengthText(std::int64_t ns)
{
    return QString::fromStdString(formatNumber(double(ns) / 1e6, Unit::Millisecond, NumberStyle::Reading));
}

QString countText(std::uint64_t count)
{
    return QString::fromStdString(formatNumber(double(count), Unit::One, NumberStyle::Column));
}

} // namespace

TracePerspective::TracePerspective(QString database, QWidget* parent)
    : QWidget(parent)
    , m_database(std::move(database))
{
    makeParts();
    connectParts();
}

TracePerspective::~TracePerspective() = default;

void TracePerspective::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void TracePerspective::refresh()
{
    m_listing.start([this, database = m_database.toStdString()](const NewestWork::Cancelled&) {
        std::vector<Listed> traces;
        if (auto reader = StoreReader::open(database)) {
            if (auto sources = (*reader)->sources()) {
                for (const SourceRecord& source : *sources) {
                    if (const auto spans = source.counts.find("spans"); spans != source.counts.end()) {
                        traces.push_back({ source.id, QString::fromStdString(source.path),
                            QString::fromStdString(source.sha256), spans->second });
                    }
                }
            }
        }
        return [this, traces = std::move(traces)] { take(traces); };
    });
}

void TracePerspective::take(std::vector<Listed> traces)
{
    m_traces = std::move(traces);
    const QSignalBlocker quiet(m_chooser);
    m_chooser->clear();
    for (const Listed& trace : m_traces) {
        m_chooser->addItem(tr("%1 · %2 spans").arg(QFileInfo(trace.path).fileName(), countText(trace.spans)));
        m_chooser->setItemData(m_chooser->count() - 1, trace.path, Qt::ToolTipRole);
    }
    const bool gone = m_source && std::none_of(m_traces.begin(), m_traces.end(), [this](const Listed& t) {
        return t.source == *m_source;
    });
    if (gone) {
        m_source.reset();
        m_scene.reset();
    }
    m_stack->setCurrentIndex(m_traces.empty() ? 0 : 1);
    if (!m_traces.empty() && !m_source) {
        open(m_traces.back().source);
    }
    for (std::size_t i = 0; i < m_traces.size(); ++i) {
        if (m_source == m_traces[i].source) {
            m_chooser->setCurrentIndex(int(i));
        }
    }
}

const TracePerspective::Listed* TracePerspective::listed() const
{
    const auto at = std::find_if(
        m_traces.begin(), m_traces.end(), [this](const Listed& t) { return m_source == t.source; });
    return at == m_traces.end() ? nullptr : &*at;
}

void TracePerspective::open(SourceId source)
{
    m_source = source;
    m_isReading = true;
    m_loading.start([this, source, database = m_database.toStdString()](
                        const NewestWork::Cancelled& cancelled) -> NewestWork::Delivery {
        auto reader = StoreReader::open(database);
        auto trace = reader ? (*reader)->trace(source) : Result<std::optional<Trace>>(reader.error());
        if (!trace) {
            return [this, why = QString::fromStdString(trace.error().text())] {
                m_isReading = false;
                Q_EMIT said(why);
            };
        }
        if (!*trace) {
            return [this] { m_isReading = false; };
        }
        auto series = (*reader)->sourceSeries(source);
        auto scene = TraceScene::of(std::move(**trace), cancelled);
        if (!scene) {
            return {};
        }
        return [this, source, scene, all = series ? std::move(*series) : std::vector<TimeSeries>()] {
            takeScene(source, scene, all);
        };
    });
}

void TracePerspective::takeScene(
    SourceId source, std::shared_ptr<const TraceScene> scene, std::vector<TimeSeries> series)
{
    m_source = source;
    m_isReading = false;
    m_scene = std::move(scene);
    m_names = m_scene->namesWith(m_search->text().toStdString());
    clearChoice();
    makeLanes(series);
    m_overlay->setScene(m_scene);
    m_timeline->setZero(m_scene->mainRange().fromNs, tr("begin"));
    m_timeline->selectRange(std::nullopt);
    m_timeline->setRange(m_scene->mainRange());
    if (m_scene->hiddenLanes() > 0) {
        Q_EMIT said(
            tr("%n lane(s) beyond the first 1000 are not shown.", nullptr, int(m_scene->hiddenLanes())));
    }
    search();
    askStatistics();
    Q_EMIT titleChanged();
    Q_EMIT opened();
}

void TracePerspective::makeLanes(const std::vector<TimeSeries>& series)
{
    const TraceScene& scene = *m_scene;
    m_model.clear();
    const std::string* process = nullptr;
    for (const TraceScene::SceneLane& lane : scene.lanes()) {
        const TraceSheet::Lane& about = scene.sheet().lanes[lane.lane];
        const int rows = int(lane.rows);
        // The first lane of a process has room for its name.
        const int least = process && *process == about.process ? 0 : 38;
        process = &about.process;
        auto made = std::make_unique<SpanLane>(TraceOverlay::laneId(lane.lane),
            QString::fromStdString(about.thread),
            Lane::Heights { { rows * 5 + 8, std::max(least, rows * 15 + 10), rows * 18 + 12 }, false },
            traceStages());
        made->setNote(QString::fromStdString(about.process));
        made->setPitch(18);
        made->rows() = scene.tracksOf(lane, m_names);
        m_model.add(std::move(made));
    }
    std::map<std::string, SeriesLane*> lanes; // a series comes in pieces
    for (const TimeSeries& part : series) {
        SeriesLane*& lane = lanes[part.name];
        if (!lane) {
            const auto text = [](double value) {
                return QString::fromStdString(formatNumber(value, Unit::One, NumberStyle::Reading));
            };
            lane = &m_model.add(std::make_unique<SeriesLane>(
                QStringLiteral("series ") + QString::number(lanes.size()), QString::fromStdString(part.name),
                Lane::Heights { { 22, 30, 48 }, false }, ValueScale(), text, text));
            lane->series().push_back({ {}, SeriesLane::Form::Steps, false, {}, {} });
        }
        for (std::size_t i = 0; i < part.seconds.size(); ++i) {
            lane->append(0, scene.sheet().zeroNs + std::llround(part.seconds[i] * 1e9), part.values[i]);
        }
    }
    TimelineOverview& overview = m_model.overview();
    overview = {};
    overview.name = tr("Trace");
    overview.range = scene.mainRange();
    m_model.touch();
}

void TracePerspective::search()
{
    if (!m_scene) {
        return;
    }
    const std::string text = m_search->text().toStdString();
    m_previous->setEnabled(!text.empty());
    m_next->setEnabled(!text.empty());
    m_searching.start(
        [this, scene = m_scene, text](const NewestWork::Cancelled& cancelled) -> NewestWork::Delivery {
            auto names = scene->namesWith(text);
            std::vector<std::vector<SpanTrack>> rows;
            for (const TraceScene::SceneLane& lane : scene->lanes()) {
                if (cancelled()) {
                    return {};
                }
                rows.push_back(scene->tracksOf(lane, names));
            }
            const std::uint64_t found = text.empty() ? 0 : scene->matches(names);
            auto shared = std::make_shared<std::vector<std::vector<SpanTrack>>>(std::move(rows));
            return [this, scene, names = std::move(names), shared, found, text] {
                if (scene != m_scene) {
                    return;
                }
                m_names = names;
                for (std::size_t i = 0; i < shared->size(); ++i) {
                    auto* lane
                        = dynamic_cast<SpanLane*>(m_model.lane(TraceOverlay::laneId(scene->lanes()[i].lane)));
                    if (lane) {
                        lane->rows() = std::move((*shared)[i]);
                    }
                }
                m_found->setText(text.empty() ? QString() : tr("%1 found").arg(countText(found)));
                m_model.touch();
                askStatistics();
            };
        });
}

void TracePerspective::findNext(bool forwards)
{
    if (!m_scene || m_search->text().isEmpty()) {
        return;
    }
    const TimeRange& view = m_timeline->range();
    const std::int64_t from = m_chosen ? m_scene->startOf(*m_chosen) : forwards ? view.fromNs - 1 : view.toNs;
    if (const auto found = m_scene->nextOf(m_names, from, forwards)) {
        chooseSpan(*found, true);
    } else {
        Q_EMIT said(forwards ? tr("No later span has this name.") : tr("No earlier span has this name."));
    }
}

void TracePerspective::chooseSpan(std::uint32_t span, bool reveal)
{
    m_chosen = span;
    const TraceScene& scene = *m_scene;
    const QString lane = TraceOverlay::laneId(scene.spans().lane[span]);
    const TimeRange own { scene.startOf(span), std::max(scene.startOf(span) + 1, scene.endOf(span)) };
    m_timeline->setMarked({ { lane, int(scene.rowOf(span)), own } });
    if (reveal) {
        const TimeRange& view = m_timeline->range();
        if (!view.contains(own.fromNs) || own.lengthNs() * 500 < view.lengthNs()) {
            const std::int64_t length = std::max<std::int64_t>(own.lengthNs() * 20, 1000);
            const std::int64_t middle = own.fromNs + own.lengthNs() / 2;
            m_timeline->setRange({ middle - length / 2, middle + length / 2 });
        }
        m_timeline->showRow(lane, int(scene.rowOf(span)));
    }
    m_overlay->setChosen(span);
    showDetail(span);
    m_sumLater->start();
}

void TracePerspective::clearChoice()
{
    m_chosen.reset();
    m_timeline->setMarked({});
    m_overlay->setChosen(std::nullopt);
    m_detail->setPlainText({});
}

QString TracePerspective::instantText(std::int64_t ns) const
{
    const auto unixNs = m_scene ? m_scene->sheet().unixNs : std::nullopt;
    if (!unixNs) {
        return lengthText(ns - (m_scene ? m_scene->mainRange().fromNs : 0));
    }
    return QDateTime::fromMSecsSinceEpoch((*unixNs + ns) / 1'000'000, QTimeZone::utc())
               .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"))
        + QStringLiteral(" UTC");
}

QString TracePerspective::spanText(std::uint32_t span) const
{
    const TraceScene& scene = *m_scene;
    const TraceSheet::Lane& lane = scene.sheet().lanes[scene.spans().lane[span]];
    QStringList lines { QString::fromStdString(scene.nameOf(span)) };
    if (!scene.categoryOf(span).empty()) {
        lines << QString::fromStdString(scene.categoryOf(span));
    }
    lines << QString::fromStdString(lane.process) + QStringLiteral(" · ")
            + QString::fromStdString(lane.thread);
    const std::int64_t length = scene.endOf(span) - scene.startOf(span);
    lines << (length > 0 ? tr("%1 long, from %2 after the begin") : tr("an instant, %2 after the begin"))
                 .replace(QStringLiteral("%1"), lengthText(length))
                 .replace(QStringLiteral("%2"), lengthText(scene.startOf(span) - scene.mainRange().fromNs));
    if (scene.sheet().unixNs) {
        lines << instantText(scene.startOf(span));
    }
    return lines.join(QLatin1Char('\n'));
}

void TracePerspective::showDetail(std::uint32_t span)
{
    const std::size_t arrows = m_scene->arrowsOf(span).size();
    const QString head = spanText(span)
        + (arrows > 0 ? QLatin1Char('\n') + tr("%n arrow(s)", nullptr, int(arrows)) : QString());
    m_detail->setPlainText(head);
    const Listed* trace = listed();
    if (!trace) {
        return;
    }
    m_reading.start([this, head, database = m_database.toStdString(), sha = trace->sha256.toStdString(),
                        place = m_scene->spans().place[span]](const NewestWork::Cancelled&) {
        const QString text = QString::fromStdString(eventText(database, sha, place));
        return [this, head, text] {
            m_detail->setPlainText(text.isEmpty() ? head : head + QStringLiteral("\n\n") + text);
            Q_EMIT detailShown();
        };
    });
}

QString TracePerspective::detailText() const
{
    return m_detail->toPlainText();
}

TimeRange TracePerspective::stretch() const
{
    return m_timeline->selectedRange().value_or(m_timeline->range());
}

void TracePerspective::askStatistics()
{
    if (!m_scene) {
        return;
    }
    const TimeRange range = stretch();
    const bool selected = m_timeline->selectedRange().has_value();
    m_summing.start(
        [this, scene = m_scene, range, selected, names = m_names](const NewestWork::Cancelled& cancelled) {
            auto rows = scene->statistics(range, names, cancelled);
            return [this, scene, range, selected, rows = std::move(rows)] {
                m_statistics->show(scene, rows, range.lengthNs());
                m_stretch->setText(
                    (selected ? tr("Selected: %1, %2 spans of %3 names")
                              : tr("In view: %1, %2 spans of %3 names (Shift+drag selects a stretch)"))
                        .arg(lengthText(range.lengthNs()), countText(m_statistics->count()),
                            countText(std::uint64_t(m_statistics->rowCount()))));
                Q_EMIT statisticsShown();
            };
        });
}

QString TracePerspective::windowTitle() const
{
    const Listed* trace = listed();
    return trace ? tr("%1 — Prism").arg(QFileInfo(trace->path).fileName()) : tr("Prism");
}

std::vector<QWidget*> TracePerspective::focusParts() const
{
    return { m_search, m_timeline, m_table, m_detail };
}

} // namespace prism::app
