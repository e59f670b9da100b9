// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/formats/llama_bench/llama_bench_record.h"

namespace prism::formats {

/// Whether a line of `text` is the header of such a table, however its cells are padded.
bool hasLlamaBenchTable(std::string_view text);

/// The Markdown table: parameter columns appear only where they differ from the default. The devices stand
/// before it and the build behind it: a table's points wait for the line of the build.
class LlamaBenchTable {
public:
    explicit LlamaBenchTable(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line);
    void finish();
    std::uint32_t points() const { return m_points; }

private:
    void device(std::string_view text);
    bool build(const read::TextLine& line);
    void row(const read::TextLine& line, const std::vector<read::TableCell>& cells);
    void keep(const LlamaBenchRecord& record);

    Sink& m_sink;
    std::vector<std::string> m_names;
    std::vector<std::string> m_devices;
    std::vector<PointWriter> m_waiting;
    std::uint32_t m_points = 0;
};

} // namespace prism::formats
