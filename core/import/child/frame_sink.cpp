// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/child/frame_sink.h"

#include "core/store/trace_blobs.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <unistd.h>

namespace prism {

namespace {
constexpr std::size_t rowBytes = 64u << 10;
constexpr std::size_t outBytes = 256u << 10;
} // namespace

void FrameSink::send(protocol::Type type, const std::string& payload)
{
    m_out += protocol::header(type, m_file, payload.size());
    m_out += payload;
    if (m_out.size() >= outBytes) {
        flush();
    }
}

void FrameSink::flush()
{
    flushRows();
    std::size_t at = 0;
    while (at < m_out.size()) {
        const ssize_t size = ::write(m_descriptor, m_out.data() + at, m_out.size() - at);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            std::_Exit(EXIT_FAILURE); // the job is gone: there is nobody left to tell
        }
        at += static_cast<std::size_t>(size);
    }
    m_out.clear();
}

void FrameSink::flushRows()
{
    const auto frame
        = [this](protocol::Type type, protocol::Encoder& rows, std::uint32_t point, std::uint32_t& count) {
              if (count == 0) {
                  return;
              }
              protocol::Encoder head;
              head.integer(point);
              head.integer(count);
              m_out += protocol::header(type, m_file, head.bytes.size() + rows.bytes.size());
              m_out += head.bytes;
              m_out += rows.bytes;
              rows.bytes.clear();
              count = 0;
          };
    frame(protocol::Type::Requests, m_rows, m_rowsPoint, m_rowCount);
    frame(protocol::Type::Gaps, m_gaps, m_gapsPoint, m_gapCount);
}

void FrameSink::point(LoadPoint point)
{
    for (Measure& m : point.measures) {
        if (m.status == Status::Ok && !std::isfinite(m.value)) {
            m.status = std::isnan(m.value) ? Status::NotANumber : Status::Infinite;
        }
    }
    protocol::Encoder e;
    encode(e, point);
    flushRows();
    send(protocol::Type::Point, e.bytes);
}

void FrameSink::keepPossible(RequestRow& row)
{
    const auto keepNumber = [this](auto& time) {
        if (time && !std::isfinite(time->value)) {
            time.reset();
            ++m_impossible;
        }
    };
    const auto keepCount = [this](std::optional<std::int64_t>& count) {
        if (count && *count < 0) {
            count.reset();
            ++m_impossible;
        }
    };
    keepNumber(row.start);
    keepNumber(row.ttft);
    keepNumber(row.e2e);
    keepCount(row.isl);
    keepCount(row.osl);
    if (row.id.size() > mostRequestId) {
        row.id.clear();
        ++m_longIds;
    }
}

void FrameSink::request(std::uint32_t point, RequestRow row)
{
    keepPossible(row);
    if (m_rowCount > 0
        && (point != m_rowsPoint || m_rows.bytes.size() >= rowBytes || m_rowCount >= protocol::mostRows)) {
        flushRows();
        if (m_out.size() >= outBytes) {
            flush();
        }
    }
    m_rowsPoint = point;
    ++m_rowCount;
    encode(m_rows, row);
}

void FrameSink::gaps(std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs)
{
    if (m_gapCount > 0
        && (point != m_gapsPoint || m_gaps.bytes.size() >= rowBytes || m_gapCount >= protocol::mostRows)) {
        flushRows();
        if (m_out.size() >= outBytes) {
            flush();
        }
    }
    m_gapsPoint = point;
    ++m_gapCount;
    m_gaps.integer(request);
    m_gaps.numbers(gapsMs);
}

void FrameSink::series(std::uint32_t point, TimeSeries series)
{
    protocol::Encoder e;
    e.integer(point);
    encode(e, series);
    send(protocol::Type::Series, e.bytes);
}

void FrameSink::spans(const TraceBatch& batch)
{
    store::BlobWriter out;
    store::writeBatch(out, batch);
    send(protocol::Type::Spans, out.bytes());
}

void FrameSink::traceSheet(const TraceSheet& sheet)
{
    store::BlobWriter out;
    store::writeSheet(out, sheet);
    send(protocol::Type::TraceSheet, out.bytes());
}

void FrameSink::warn(Warning warning)
{
    protocol::Encoder e;
    encode(e, warning);
    send(protocol::Type::Warn, e.bytes);
}

void FrameSink::attach(std::map<std::string, std::uint64_t> counts)
{
    m_attached = true;
    holds(std::move(counts));
}

void FrameSink::holds(std::map<std::string, std::uint64_t> counts)
{
    protocol::Encoder e;
    e.integer(counts.size());
    for (const auto& [what, count] : counts) {
        e.text(what);
        e.integer(count);
    }
    send(protocol::Type::Attach, e.bytes);
}

void FrameSink::ready(const protocol::Ready& ready)
{
    protocol::Encoder e;
    encode(e, ready);
    send(protocol::Type::Ready, e.bytes);
    flush();
}

void FrameSink::recognised(const protocol::Recognised& recognised)
{
    protocol::Encoder e;
    encode(e, recognised);
    send(protocol::Type::Recognised, e.bytes);
}

void FrameSink::member(const std::string& name)
{
    flushRows();
    protocol::Encoder e;
    e.text(name);
    send(protocol::Type::Member, e.bytes);
}

void FrameSink::bytes(std::string_view bytes)
{
    send(protocol::Type::Bytes, std::string(bytes));
}

void FrameSink::progress(std::uint64_t bytesRead)
{
    protocol::Encoder e;
    e.integer(bytesRead);
    send(protocol::Type::Progress, e.bytes);
    flush(); // a progress that waits for rows is none
}

void FrameSink::end(const protocol::End& end)
{
    if (m_impossible > 0 && end.outcome != Outcome::Refused) {
        warn({ "impossible-values",
            "Of the requests, " + std::to_string(m_impossible)
                + (m_impossible == 1 ? " value is" : " values are")
                + " a negative count of tokens or a time that is no number; that counts as unknown.",
            {}, Severity::Warning });
    }
    m_impossible = 0;
    if (m_longIds > 0 && end.outcome != Outcome::Refused) {
        warn({ "long-ids",
            std::to_string(m_longIds) + (m_longIds == 1 ? " request has an id of" : " requests have ids of")
                + " more than " + std::to_string(mostRequestId) + " bytes: such ids are left out.",
            {}, Severity::Note });
    }
    m_longIds = 0;
    flushRows();
    protocol::Encoder e;
    encode(e, end);
    send(protocol::Type::End, e.bytes);
}

} // namespace prism
