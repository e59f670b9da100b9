// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/decisions.h"
#include "core/mapping/mapping.h"
#include "core/model/load_point.h"
#include "core/model/result.h"
#include "core/store/records.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prism {

enum class Outcome { Imported, Unchanged, Attached, Refused, Skipped };
std::string_view name(Outcome outcome);

/// What became of one file or archive member; the fields are those of `prismctl import --json`.
struct FileResult {
    std::string source; ///< path as given or found; "a.tar.gz!/x.json" for members
    /// Of the same result in several encodings: the file with the most to tell first, then those that stand
    /// behind it. Empty without twins.
    std::vector<std::string> sources;
    std::string sha256;
    Outcome outcome = Outcome::Refused;
    std::string producer; ///< importer id
    std::uint64_t runs = 0;
    std::uint64_t points = 0;
    std::uint64_t requests = 0;
    std::map<std::string, std::uint64_t> counts;
    std::vector<Warning> warnings;
    std::optional<Error> reason; ///< of a refusal or a skip
};

/// The file's points stand behind those of a richer one.
inline bool isPoorerTwin(const FileResult& result)
{
    return !result.sources.empty() && result.sources.front() != result.source;
}

struct ImportProgress {
    std::uint64_t bytesDone = 0;
    std::uint64_t bytesTotal = 0; ///< grows while folders are walked
    std::uint64_t rows = 0; ///< points and requests read so far
    std::uint64_t filesDone = 0;
    std::uint64_t filesTotal = 0;
    std::string current; ///< file being read
};

/// Told of an import's course on the thread that runs it.
class ImportObserver {
public:
    virtual ~ImportObserver() = default;
    virtual void progress(const ImportProgress&) { } ///< at most ten times a second
    virtual void file(const FileResult&) { } ///< once its rows are committed, or refused
    virtual void waiting(const std::string& who) { (void)who; } ///< another writer holds the database
};

struct ImportRequest {
    std::string database;
    /// Files, folders (walked), archives, globs; "-" is standard input.
    std::vector<std::string> paths;
    /// Text of the clipboard or a pipe, read as a file of this name; empty when there is none.
    std::string pastedText;
    std::string pastedName;
    std::string importChild; ///< program; empty: found beside this one or in libexec
    std::string forcedImporter; ///< id that overrules recognition, empty: recognise
    std::vector<Mapping> mappings; ///< that apply themselves to files of their shapes
    /// The user's word on what belongs together; without it, what is remembered for folders of this shape.
    std::optional<std::vector<Decision>> decisions;
    /// What becomes of `decisions` for the next folder of this shape.
    enum class Memory { Leave, Remember, Forget };
    Memory memory = Memory::Leave;
    /// What a parser may ask of the job for one file; beyond it the file is refused.
    struct Limits {
        /// Without a frame, not even one that says that it reads on. Twice as long, and a second a MiB, for
        /// all waiting together.
        std::chrono::milliseconds silence = std::chrono::minutes(2);
        std::chrono::milliseconds cpu = std::chrono::minutes(1); ///< without a frame
        /// Frames in all: so many bytes and so many a byte of the file (a table that is packed well becomes
        /// a thousand times larger).
        std::uint64_t frameBytes = 256u << 20;
        std::uint64_t frameBytesAByte = 2000;
    } limits;
};

/// A file whose points stand behind those of another, known when all files were read.
struct MergedTwin {
    std::string path;
    std::string shown; ///< the file before it
    std::string differences; ///< "TTFT p99: 69.4 is shown, this file says 1 000."; empty where they agree
};

struct ImportSummary {
    std::uint64_t imported = 0, unchanged = 0, attached = 0, refused = 0, skipped = 0;
    std::uint64_t runs = 0, points = 0, requests = 0;
    bool cancelled = false;
    std::string note; ///< what the user should know of the import as a whole: a fence that this system lacks
    std::vector<SourceId> sources; ///< what this import made visible, for undo
    std::uint64_t linked = 0; ///< telemetry, timelines and sidecars that were given to their runs
    /// Files of which it is not clear where they belong, and why: "c4/gpu.csv: …", below their folder.
    std::vector<std::string> questions;
    std::vector<MergedTwin> twins;
    std::optional<std::int64_t> remembered; ///< the edit that keeps the decisions, to undo it
};

/// Imports everything the request names. All or nothing a file; a batch goes on past a bad file. Blocks;
/// cancel within 100 ms by `stop`. An error is the job's own: no database, no child program.
Result<ImportSummary> runImport(
    const ImportRequest& request, ImportObserver& observer, std::stop_token stop = {});

} // namespace prism
