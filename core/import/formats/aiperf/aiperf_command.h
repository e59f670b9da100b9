// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::formats::aiperf {

/// What the command line of a benchmark says of its load.
struct Command {
    std::string model;
    std::optional<double> concurrency;
    std::optional<double> rate;
    std::string path;
    bool below = false; ///< repeated below the result, not typed above it

    void write(PointWriter& out) const;
};

/// Finds command lines in the text of a log: what AIPerf repeats ("CLI Command: …"), what GenAI-Perf logs
/// that it runs, and what a shell shows.
class CommandText {
public:
    /// What the command that this line belongs to says so far; a command may go on in the next lines.
    std::optional<Command> line(std::string_view text, const std::string& path);
    void blank() { m_goesOn = false; }

private:
    std::string m_text;
    std::string m_path;
    bool m_below = false;
    bool m_goesOn = false;
};

} // namespace prism::formats::aiperf
