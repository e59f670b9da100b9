// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/time_span.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

using RunId = std::int64_t;
using PointId = std::int64_t;
using SourceId = std::int64_t;

/// What the user says of a point or a run, beside what its file says.
struct Word {
    /// Of a run "name", "note", "evidence", "tags" (one a line) and "attribute:NAME" (of all its points,
    /// those too that come to it later); of a point "hidden" (the reason), "note", "run" (uid of the run that
    /// he put it into) and "attribute:NAME".
    std::string field;
    std::string value;
    std::string before; ///< of an attribute, as text: what we read of the file; empty where it says nothing
    std::string saidAt; ///< UTC, RFC 3339; empty in words of before schema 4
    std::string saidBy; ///< login name
    bool ofRun = false; ///< among the words of a point: said of its run, not of the point

    friend bool operator==(const Word&, const Word&) = default;
};
inline constexpr std::string_view attributeWord = "attribute:"; ///< before an attribute's name

/// A file or archive member whose bytes were understood.
struct SourceRecord {
    SourceId id = 0;
    std::string path; ///< as the user gave it; members of an archive are "a.tar.gz!/x.json"
    std::string sha256; ///< of the original bytes, lower-case hex
    std::uint64_t bytes = 0;
    std::string producer; ///< importer id
    int importerVersion = 0;
    std::string importedAt; ///< UTC, RFC 3339
    bool attached = false; ///< a sidecar, telemetry or timeline
    std::map<std::string, std::uint64_t> counts;
    std::vector<Warning> warnings;
    /// sha256 of the richer source of the same result or of the whole run that it is a part of; empty for a
    /// source of its own.
    std::string twinOf;
};

/// What a link between a file and a run says.
struct LinkText {
    /// "twin", "part" (one of several files of a whole run), "sidecar", "telemetry", "timeline"; empty: the
    /// user took it off its run.
    std::string role;
    std::string why; ///< one sentence
    bool byUser = false; ///< the user decided it

    friend bool operator==(const LinkText&, const LinkText&) = default;
};

/// A file that belongs to a run besides those that hold its points.
struct LinkRecord {
    SourceRecord source;
    RunId run = 0;
    LinkText text;
    std::optional<TimeSpan> covers;
    std::optional<TimeSpan> coversLocally; ///< by a clock that names no zone
    bool series = false; ///< it holds samples over time
    bool timeline = false; ///< it holds spans
};

/// A stored run, as far as it tells which other files belong to it.
struct RunPlace {
    RunId run = 0;
    std::string uid;
    std::string name; ///< the producer's, may be empty
    std::string producer;
    std::vector<std::string> paths; ///< of its results
    std::vector<TimeSpan> measured; ///< of its points that tell it
    std::vector<TimeSpan> measuredLocally; ///< of those that tell it by a clock that names no zone
};

/// One system under test under one workload.
struct RunRecord {
    RunId id = 0;
    std::string uid; ///< from content, the same on every machine
    std::string name; ///< the user's name, else empty: then label() of what differs
    std::string label; ///< the producer's own name
    std::string producer;
    std::string
        evidence; ///< "", measured-here, reproduced, third-party, vendor-claim, simulated: set by the user
    std::vector<std::string> tags;
    std::string note;
    int colourSlot = -1; ///< the run's colour and marker, -1 until it is first shown
    std::uint32_t points = 0; ///< shown
    std::uint32_t hidden = 0; ///< points that the user hid
    std::vector<Word> words; ///< with who said them, and when
};

/// A load point without its measures.
struct PointRecord {
    PointId id = 0;
    std::string uid;
    RunId run = 0;
    RunId fileRun = 0; ///< where its file puts it; another than `run` where the user regrouped it
    SourceId source = 0;
    std::uint32_t index = 0;
    std::string label;
    std::string group; ///< LoadPoint::group
    std::uint64_t requests = 0; ///< rows per request that are stored
    std::vector<Attribute> attributes;
};

/// A load point with everything that was read of it.
struct PointDetail {
    PointRecord record;
    std::vector<Measure> measures;
    std::vector<Extra> extras;
    std::vector<Warning> warnings;
    std::vector<Word> words; ///< of the user; those about attributes are applied to record.attributes

    const Word* word(std::string_view field) const;
    /// Why the user hid it; empty when he did not.
    std::string hiddenBecause() const;
};

/// A change as the journal keeps it, newest last.
struct EditRecord {
    std::int64_t id = 0;
    std::string text;
    std::string madeAt; ///< UTC, RFC 3339
    std::string madeBy; ///< login name
    bool undone = false;
    std::optional<std::int64_t> undoes; ///< the change that this one took back
    struct Change {
        std::string subject; ///< SHA-256 of a source, uid of a run, or an attribute whose name was aliased
        std::optional<std::uint32_t> index; ///< of the point in the source
        std::string field;
        std::string before; ///< value that undoing puts back; empty: none
    };
    std::vector<Change> changes;
};

/// A word with what it is about.
struct SpokenWord {
    Word word;
    std::string subject; ///< SHA-256 of the point's source, or uid of the run
    std::optional<std::uint32_t> index; ///< of the point in the source
    std::optional<PointId> point; ///< that is shown now, in whichever encoding of its result
    std::optional<RunId> run; ///< likewise
    std::string lostAt; ///< when a newer reading came without what it is about; else empty
};

} // namespace prism
