// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/formats/llama_bench/llama_bench_record.h"

namespace prism::formats {

/// The Markdown table: parameter columns appear only where they differ from the default.
class LlamaBenchTable {
public:
    explicit LlamaBenchTable(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line);
    std::uint32_t points() const { return m_points; }

private:
    void device(std::string_view text);
    void row(const read::TextLine& line, const std::vector<read::TableCell>& cells);
    void send(const LlamaBenchRecord& record);

    Sink& m_sink;
    std::vector<std::string> m_names;
    std::string m_device;
    std::uint32_t m_points = 0;
};

} // namespace prism::formats
