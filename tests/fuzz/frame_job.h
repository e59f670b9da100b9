// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace prism::fuzz {

/// The job's end of the pipe from a parser, with a database in a temporary folder of its own. Ends the
/// process when a frame makes the database unusable: no frame may.
class FrameJob {
public:
    FrameJob();
    ~FrameJob();
    FrameJob(const FrameJob&) = delete;
    FrameJob& operator=(const FrameJob&) = delete;

    /// Takes the frames of one file, in pieces of that many bytes. Returns what the parser would be ended
    /// for, empty when it would not.
    std::string hear(std::string_view frames, std::size_t piece);

    /// The number of the file that the frames are to be of.
    static constexpr unsigned file = 1;

private:
    struct Database;
    std::unique_ptr<Database> m_database;
    unsigned m_files = 0;
};

/// What prism-import would write of a file that `importer` reads by `read`.
std::string framesOf(const Importer& importer, const std::function<Result<void>(Sink&)>& read);

} // namespace prism::fuzz
