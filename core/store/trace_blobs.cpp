// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/trace_blobs.h"

#include <algorithm>

namespace prism::store {

namespace {

/// Differences wrap, so that nonsense costs a wrong time and never an overflow.
template <class T>
void writeDifferences(BlobWriter& out, const std::vector<T>& column)
{
    std::uint64_t before = 0;
    for (const T value : column) {
        const auto now = static_cast<std::uint64_t>(value);
        out.integer(static_cast<std::int64_t>(now - before));
        before = now;
    }
}

template <class T>
void readDifferences(BlobReader& in, std::size_t count, std::vector<T>& column)
{
    std::uint64_t before = 0;
    for (std::size_t left = count; left > 0 && in.ok(); --left) {
        before += static_cast<std::uint64_t>(in.integer());
        column.push_back(static_cast<T>(before));
    }
}

template <class T>
void writeNumbers(BlobWriter& out, const std::vector<T>& column)
{
    for (const T value : column) {
        out.number(value);
    }
}

template <class T>
void readNumbers(BlobReader& in, std::size_t count, std::vector<T>& column)
{
    for (std::size_t left = count; left > 0 && in.ok(); --left) {
        column.push_back(static_cast<T>(in.number()));
    }
}

std::size_t batchCount(BlobReader& in)
{
    const std::size_t count = in.count();
    return count <= mostOfTraceBatch ? count : (in.raw(in.left() + 1), 0);
}

bool below(const std::vector<std::uint32_t>& column, std::size_t limit)
{
    return std::all_of(column.begin(), column.end(), [limit](std::uint32_t i) { return i < limit; });
}

} // namespace

void writeBatch(BlobWriter& out, const TraceBatch& batch)
{
    const SpanColumns& spans = batch.spans;
    out.number(spans.size());
    writeDifferences(out, spans.startNs);
    for (const std::int64_t duration : spans.durationNs) {
        out.number(static_cast<std::uint64_t>(duration) + 1); // SpanColumns::open is 0
    }
    writeNumbers(out, spans.lane);
    writeNumbers(out, spans.name);
    writeDifferences(out, spans.place);
    const FlowColumns& flows = batch.flows;
    out.number(flows.size());
    writeDifferences(out, flows.timeNs);
    writeNumbers(out, flows.lane);
    for (const std::uint64_t id : flows.id) {
        out.raw(&id, sizeof id);
    }
}

bool readBatch(std::span<const char> bytes, TraceBatch& batch)
{
    BlobReader in(bytes);
    SpanColumns& spans = batch.spans;
    std::size_t count = batchCount(in);
    readDifferences(in, count, spans.startNs);
    for (std::size_t left = count; left > 0 && in.ok(); --left) {
        const auto duration = static_cast<std::int64_t>(in.number() - 1);
        spans.durationNs.push_back(std::max(SpanColumns::open, duration));
    }
    readNumbers(in, count, spans.lane);
    readNumbers(in, count, spans.name);
    readDifferences(in, count, spans.place);
    FlowColumns& flows = batch.flows;
    count = batchCount(in);
    readDifferences(in, count, flows.timeNs);
    readNumbers(in, count, flows.lane);
    for (std::size_t left = count; left > 0 && in.ok(); --left) {
        std::uint64_t id = 0;
        const std::string_view raw = in.raw(sizeof id);
        if (in.ok()) {
            std::memcpy(&id, raw.data(), sizeof id);
        }
        flows.id.push_back(id);
    }
    return in.ok() && in.atEnd();
}

void writeSheet(BlobWriter& out, const TraceSheet& sheet)
{
    out.number(sheet.lanes.size());
    for (const TraceSheet::Lane& lane : sheet.lanes) {
        out.text(lane.process);
        out.text(lane.thread);
        out.integer(lane.processOrder);
        out.integer(lane.threadOrder);
    }
    out.number(sheet.categories.size());
    for (const std::string& category : sheet.categories) {
        out.text(category);
    }
    out.number(sheet.names.size());
    for (const TraceSheet::Name& name : sheet.names) {
        out.text(name.text);
        out.number(name.category);
    }
    out.byte(sheet.unixNs ? 1 : 0);
    out.integer(sheet.unixNs.value_or(0));
    out.integer(sheet.zeroNs);
}

bool readSheet(std::span<const char> bytes, TraceSheet& sheet)
{
    BlobReader in(bytes);
    for (std::size_t left = in.count(); left > 0 && in.ok(); --left) {
        TraceSheet::Lane& lane = sheet.lanes.emplace_back();
        lane.process = in.string();
        lane.thread = in.string();
        lane.processOrder = in.integer();
        lane.threadOrder = in.integer();
    }
    for (std::size_t left = in.count(); left > 0 && in.ok(); --left) {
        sheet.categories.push_back(in.string());
    }
    for (std::size_t left = in.count(); left > 0 && in.ok(); --left) {
        TraceSheet::Name& name = sheet.names.emplace_back();
        name.text = in.string();
        name.category = static_cast<std::uint32_t>(in.number());
    }
    const bool hasUnix = in.byte() == 1;
    const std::int64_t unixNs = in.integer();
    sheet.unixNs = hasUnix ? std::optional(unixNs) : std::nullopt;
    sheet.zeroNs = in.integer();
    return in.ok() && in.atEnd()
        && std::all_of(sheet.names.begin(), sheet.names.end(),
            [&](const TraceSheet::Name& name) { return name.category < sheet.categories.size(); });
}

bool fits(const TraceBatch& batch, const TraceSheet& sheet)
{
    return below(batch.spans.lane, sheet.lanes.size()) && below(batch.spans.name, sheet.names.size())
        && below(batch.flows.lane, sheet.lanes.size());
}

} // namespace prism::store
