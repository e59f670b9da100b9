// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_table_model.h"

#include "app/theme/theme.h"

#include <QDateTime>

#include <cmath>

namespace prism::app {

namespace {

/// Before a text that stands at the left, behind a number that stands at the right.
const QString apart { QChar(0x2002) };

QString qs(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

Nanoseconds beginOf(const live::Request& request)
{
    return request.arrival.value_or(request.seen);
}

std::optional<double> value(std::optional<Milliseconds> ms)
{
    return ms ? std::optional(ms->value) : std::nullopt;
}

/// Fixed decimals a column, so that points stand below each other.
QString fixed(double number, int decimals)
{
    const QString digits = QString::number(number, 'f', decimals);
    const qsizetype point = decimals > 0 ? digits.size() - decimals - 1 : digits.size();
    const double whole = digits.left(point).toDouble();
    return QString::fromStdString(formatNumber(whole, Unit::One, NumberStyle::Column)) + digits.mid(point);
}

int decimalsOf(int column)
{
    switch (column) {
    case RequestTableModel::Lag:
    case RequestTableModel::Tpot:
    case RequestTableModel::ChunkGap:
        return 2;
    case RequestTableModel::Ttft:
    case RequestTableModel::MaxGap:
        return 1;
    case RequestTableModel::E2e:
        return 3;
    default:
        return 0;
    }
}

/// More where the column's own would say 0 of what is not.
int decimalsOf(int column, double number)
{
    constexpr int most = 6;
    int decimals = decimalsOf(column);
    while (
        number != 0 && decimals > 0 && decimals < most && std::abs(number) * std::pow(10, decimals) < 0.5) {
        ++decimals;
    }
    return decimals;
}

/// The metric whose limit a column shows broken.
const char* metricOf(int column)
{
    switch (column) {
    case RequestTableModel::Ttft:
        return "ttft";
    case RequestTableModel::Tpot:
        return "tpot";
    case RequestTableModel::MaxGap:
        return "itl";
    case RequestTableModel::E2e:
        return "e2e";
    default:
        return "";
    }
}

} // namespace

QString clockText(std::optional<std::int64_t> unixNs)
{
    return unixNs
        ? QDateTime::fromMSecsSinceEpoch(*unixNs / 1'000'000).toString(QStringLiteral("HH:mm:ss.zzz"))
        : QStringLiteral("—");
}

RequestTableModel::RequestTableModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void RequestTableModel::take(const live::Increment& increment)
{
    if (increment.restarted || increment.endedSkipped) {
        m_ended.clear();
        m_ends.clear();
    }
    for (const live::RequestPtr& request : increment.ended) {
        const std::int64_t end = request->end.value_or(request->seen).value;
        m_ended.push_back(request);
        m_ends.push_back(m_ends.empty() ? end : std::max(m_ends.back(), end));
    }
    m_running = increment.running;
}

void RequestTableModel::dropBefore(Nanoseconds time)
{
    const auto keep = std::lower_bound(m_ends.begin(), m_ends.end(), time.value) - m_ends.begin();
    if (keep < 4096 && std::size_t(keep) < m_ends.size() / 2) {
        return; // moving the rest is worth it only for many
    }
    m_ended.erase(m_ended.begin(), m_ended.begin() + keep);
    m_ends.erase(m_ends.begin(), m_ends.begin() + keep);
}

void RequestTableModel::clear()
{
    beginResetModel();
    m_ended.clear();
    m_ends.clear();
    m_running.clear();
    m_rows.clear();
    m_inView = m_brokenInView = 0;
    endResetModel();
}

bool RequestTableModel::passes(const live::Request& request) const
{
    if (m_brokenOnly && !breaks(request)) {
        return false;
    }
    if (m_search.isEmpty()) {
        return true;
    }
    for (const int column : { Number, StatusCode, EndedAs, Path }) {
        if (text(request, column).contains(m_search, Qt::CaseInsensitive)) {
            return true;
        }
    }
    return QString::number(request.id) == m_search || qs(request.key).contains(m_search, Qt::CaseInsensitive);
}

void RequestTableModel::show(const TimeRange& range, Nanoseconds now)
{
    m_range = range;
    m_now = now;
    rebuild();
}

void RequestTableModel::setBrokenOnly(bool only)
{
    m_brokenOnly = only;
    rebuild();
}

void RequestTableModel::setSearch(const QString& text)
{
    m_search = text.trimmed();
    rebuild();
}

void RequestTableModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column < 0 ? Number : column;
    m_order = column < 0 ? Qt::DescendingOrder : order;
    rebuild();
}

void RequestTableModel::rebuild()
{
    std::vector<live::RequestPtr> rows;
    m_inView = m_brokenInView = 0;
    const auto look = [&](const live::RequestPtr& request) {
        if (beginOf(*request).value < m_range.toNs) {
            ++m_inView;
            m_brokenInView += breaks(*request) ? 1 : 0;
            if (passes(*request)) {
                rows.push_back(request);
            }
        }
    };
    const auto first = std::lower_bound(m_ends.begin(), m_ends.end(), m_range.fromNs);
    for (auto i = std::size_t(first - m_ends.begin()); i < m_ended.size(); ++i) {
        look(m_ended[i]);
    }
    for (const live::RequestPtr& request : m_running) {
        look(request);
    }
    const auto less = [this](const live::RequestPtr& a, const live::RequestPtr& b) {
        const auto x = number(*a, m_sortColumn);
        const auto y = number(*b, m_sortColumn);
        if (x.has_value() != y.has_value()) {
            return x.has_value(); // what is not known stands last in both orders
        }
        if (x && *x != *y) {
            return m_order == Qt::AscendingOrder ? *x < *y : *x > *y;
        }
        const int byText = x ? 0 : text(*a, m_sortColumn).compare(text(*b, m_sortColumn));
        return byText != 0 ? (m_order == Qt::AscendingOrder ? byText < 0 : byText > 0) : a->id > b->id;
    };
    std::sort(rows.begin(), rows.end(), less);
    const bool same = rows.size() == m_rows.size()
        && std::equal(rows.begin(), rows.end(), m_rows.begin(),
            [](const live::RequestPtr& a, const live::RequestPtr& b) { return a->id == b->id; });
    if (same) {
        m_rows = std::move(rows);
        if (!m_rows.empty()) {
            Q_EMIT dataChanged(index(0, 0), index(int(m_rows.size()) - 1, ColumnCount - 1));
        }
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

live::RequestPtr RequestTableModel::find(live::RequestId id) const
{
    for (const auto* list : { &m_running, &m_ended }) {
        for (auto it = list->rbegin(); it != list->rend(); ++it) {
            if ((*it)->id == id) {
                return *it;
            }
        }
    }
    return nullptr;
}

live::RequestPtr RequestTableModel::requestAt(int row) const
{
    return row >= 0 && std::size_t(row) < m_rows.size() ? m_rows[std::size_t(row)] : nullptr;
}

int RequestTableModel::rowOf(live::RequestId id) const
{
    const auto at = std::find_if(
        m_rows.begin(), m_rows.end(), [id](const live::RequestPtr& request) { return request->id == id; });
    return at == m_rows.end() ? -1 : int(at - m_rows.begin());
}

live::RequestPtr RequestTableModel::nextBroken(Nanoseconds after) const
{
    live::RequestPtr best;
    for (const auto* list : { &m_ended, &m_running }) {
        for (const live::RequestPtr& request : *list) {
            if (breaks(*request) && beginOf(*request) > after
                && (!best || beginOf(*request) < beginOf(*best))) {
                best = request;
            }
        }
    }
    return best;
}

std::vector<live::RequestPtr> RequestTableModel::waitingForTokenIn(
    const TimeRange& range, live::RequestId except) const
{
    std::vector<live::RequestPtr> found;
    const auto look = [&](const live::RequestPtr& r) {
        const std::int64_t begin = r->read.value_or(beginOf(*r)).value;
        const std::int64_t end = r->firstToken.value_or(r->end.value_or(m_now)).value;
        if (r->id != except && (r->streamed || r->firstToken) && begin < range.toNs && end > range.fromNs) {
            found.push_back(r);
        }
    };
    const auto first = std::lower_bound(m_ends.begin(), m_ends.end(), range.fromNs);
    for (auto i = std::size_t(first - m_ends.begin()); i < m_ended.size(); ++i) {
        look(m_ended[i]);
    }
    for (const live::RequestPtr& request : m_running) {
        look(request);
    }
    std::sort(found.begin(), found.end(), [](const live::RequestPtr& a, const live::RequestPtr& b) {
        return std::pair(a->inputTokens, a->bytesIn) > std::pair(b->inputTokens, b->bytesIn);
    });
    return found;
}

int RequestTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int RequestTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

std::optional<double> RequestTableModel::number(const live::Request& r, int column) const
{
    const auto optional
        = [](const auto& v) { return v ? std::optional(double(*v)) : std::optional<double>(); };
    switch (column) {
    case Number:
        return double(r.id);
    case Arrival:
        return double(beginOf(r).value);
    case StatusCode:
        return optional(r.status);
    case Input:
        return optional(r.inputTokens);
    case Output:
        return r.outputTokens ? double(*r.outputTokens)
            : r.tokenEvents   ? std::optional(double(r.tokenEvents))
                              : std::nullopt;
    case Lag:
        return value(r.lag());
    case Ttft:
        return value(r.ttft());
    case Tpot:
        return value(r.tpot());
    case ChunkGap:
        return value(r.chunkGap());
    case MaxGap: {
        std::optional<double> longest = value(r.gapMax);
        for (const live::Gap& gap : r.slowestGaps) {
            longest = std::max(longest.value_or(0), gap.length().value);
        }
        if (const auto open = r.openGap(m_now)) {
            longest = std::max(longest.value_or(0), open->length().value);
        }
        return longest;
    }
    case E2e: {
        const auto e2e = r.e2e();
        return e2e ? std::optional(e2e->value / 1e3) : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

QString RequestTableModel::text(const live::Request& r, int column) const
{
    switch (column) {
    case Arrival:
        return clockText(m_clock ? m_clock(beginOf(r)) : std::nullopt);
    case StatusCode:
        return !r.status ? QStringLiteral("—")
            : r.streamed ? QStringLiteral("%1 SSE").arg(*r.status)
                         : QString::number(*r.status);
    case Output:
        // Events are no tokens when chunks are merged, so they say what they are.
        if (!r.outputTokens && r.tokenEvents > 0) {
            return tr("%1 ev.").arg(fixed(double(r.tokenEvents), 0));
        }
        break;
    case Input:
        // Without the server's own count the size of the request still tells a giant prompt.
        if (!r.inputTokens && r.bytesIn) {
            return qs(formatNumber(double(*r.bytesIn), Unit::Byte, NumberStyle::Reading));
        }
        break;
    case Stages:
        return {};
    case EndedAs:
        return r.running() ? tr("in flight")
                           : qs(live::name(r.ended)).replace(QLatin1Char('_'), QLatin1Char(' '));
    case Path:
        return r.path.empty() ? QStringLiteral("—") : qs(r.method) + QLatin1Char(' ') + qs(r.path);
    default:
        break;
    }
    const auto n = number(r, column);
    return n ? fixed(*n, decimalsOf(column, *n)) : QStringLiteral("—");
}

bool RequestTableModel::isBad(const live::Request& r, int column) const
{
    if (column == EndedAs) {
        return !r.running() && r.ended != live::Ended::Complete && r.ended != live::Ended::Detached;
    }
    if (column == StatusCode) {
        return r.status && *r.status >= 400;
    }
    for (std::size_t i = 0; i < m_limits.size() && i < 32; ++i) {
        if ((r.broken >> i & 1) != 0 && m_limits[i].metric == findMetric(metricOf(column))) {
            return true;
        }
    }
    return false;
}

QString RequestTableModel::toolTip(const live::Request& r, int column) const
{
    switch (column) {
    case Output:
        return r.outputTokens
            ? QString()
            : tr("Server-sent events with generated content; the server reported no tokens.");
    case Tpot:
        return r.tpot() ? QString() : tr("Known only where the server reports its output tokens.");
    case Lag:
    case Ttft:
    case E2e:
        return r.inProgress ? tr("It ran already when Prism was attached: its arrival was not seen.")
            : !r.arrival    ? tr("The packet with its first byte was not seen.")
                            : QString();
    case EndedAs:
        return r.incomplete ? tr("Records of it were lost: counts and gaps may miss something.") : QString();
    default:
        return {};
    }
}

QVariant RequestTableModel::data(const QModelIndex& index, int role) const
{
    const live::RequestPtr request = requestAt(index.row());
    if (!request) {
        return {};
    }
    const int column = index.column();
    const bool isNumber = column != Arrival && column != StatusCode && column < Stages;
    switch (role) {
    case Qt::DisplayRole:
        return (column == Arrival ? apart : QString()) + text(*request, column)
            + (column == EndedAs && request->incomplete ? QStringLiteral(" ▨") : QString());
    case Qt::TextAlignmentRole:
        return int((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::ForegroundRole:
        if (isBad(*request, column)) {
            return Theme::current().tokens().bad;
        }
        return (column == Output && !request->outputTokens) || (column == Input && !request->inputTokens)
            ? QVariant(Theme::current().tokens().muted)
            : QVariant();
    case Qt::ToolTipRole:
        return toolTip(*request, column);
    case Qt::AccessibleTextRole:
        return headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().simplified()
            + QStringLiteral(": ") + text(*request, column)
            + (isBad(*request, column) ? tr(", breaks a limit") : QString());
    case IdRole:
        return QVariant::fromValue(request->id);
    case BadRole:
        return isBad(*request, column);
    default:
        return {};
    }
}

QVariant RequestTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    static constexpr std::pair<const char*, const char*> titles[] = { { QT_TR_NOOP("Request"), "№" },
        { QT_TR_NOOP("Arrival"), QT_TR_NOOP("clock") }, { QT_TR_NOOP("Status"), "" },
        { QT_TR_NOOP("In"), QT_TR_NOOP("tokens") }, { QT_TR_NOOP("Out"), QT_TR_NOOP("tokens") },
        { QT_TR_NOOP("Arrival → read"), "ms" }, { "TTFT", "ms" }, { "TPOT", "ms" },
        { QT_TR_NOOP("Chunk gap"), "ms" }, { QT_TR_NOOP("Max gap"), "ms" }, { "E2E", "s" },
        { QT_TR_NOOP("Stages"), QT_TR_NOOP("of its own time") }, { QT_TR_NOOP("Ended"), "" },
        { QT_TR_NOOP("Path"), "" } };
    const auto& [title, unit] = titles[section];
    const bool isNumber = section != Arrival && section != StatusCode && section < Stages;
    switch (role) {
    case Qt::DisplayRole: {
        const QString space = section == Arrival || section == Stages ? apart : QString();
        return QString(
            space + tr(title) + QLatin1Char('\n') + (*unit ? space + tr(unit) : QStringLiteral(" ")));
    }
    case Qt::TextAlignmentRole:
        return int((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

} // namespace prism::app
