// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/protocol.h"
#include "core/import/sink.h"

#include <cstdint>

namespace prism {

/// Sends what an importer says as frames into a pipe. Rows are gathered into frames of about 64 KiB.
class FrameSink : public Sink {
public:
    FrameSink(int descriptor, std::uint32_t file)
        : m_descriptor(descriptor)
        , m_file(file)
    {
    }
    void point(LoadPoint point) override;
    void request(std::uint32_t point, RequestRow row) override;
    void gaps(std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs) override;
    void series(std::uint32_t point, TimeSeries series) override;
    void spans(const TraceBatch& batch) override;
    void traceSheet(const TraceSheet& sheet) override;
    void warn(Warning warning) override;
    void holds(std::map<std::string, std::uint64_t> counts) override;
    void attach(std::map<std::string, std::uint64_t> counts) override;

    void ready(const protocol::Ready& ready);
    void recognised(const protocol::Recognised& recognised);
    void member(const std::string& name);
    void bytes(std::string_view bytes);
    void progress(std::uint64_t bytesRead);
    void end(const protocol::End& end);
    bool attached() const { return m_attached; }
    void beginMember() { m_attached = false; }

    /// Writes everything out; the process ends when nobody listens any more.
    void flush();

private:
    void send(protocol::Type type, const std::string& payload);
    /// A file may say anything. What cannot be counts as unknown, and the user is told: the job would take it
    /// for a lie.
    void keepPossible(RequestRow& row);
    void flushRows();

    int m_descriptor;
    std::uint32_t m_file;
    std::string m_out;
    protocol::Encoder m_rows; ///< requests of m_rowsPoint
    protocol::Encoder m_gaps;
    std::uint32_t m_rowsPoint = 0;
    std::uint32_t m_rowCount = 0;
    std::uint32_t m_gapsPoint = 0;
    std::uint32_t m_gapCount = 0;
    std::uint64_t m_impossible = 0; ///< values of requests
    std::uint64_t m_longIds = 0; ///< of requests
    bool m_attached = false;
};

} // namespace prism
