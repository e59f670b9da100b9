// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sample.h"
#include "core/import/sink.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism {

/// A disagreement between numbers of one file that the producer documents, or that every file of its shows
/// (reference: formats, 17): it is told as a note with the reason, not as a warning.
struct Habit {
    std::string_view code; ///< of the warning, see checks.h
    std::string_view text; ///< one sentence
};

/// Names of the files of one folder into which a producer writes one run, each with other numbers of it.
/// Equal numbers cannot show that they belong together, for they share none; the producer's own names do.
struct RunFiles {
    std::string_view lead; ///< with the load; empty: each file is a result by itself
    std::string_view further; ///< numbers that name no load
    std::string_view arguments; ///< no result: it stays beside the run
};

/// Identity of an importer, and what the rest of the program need know of its producer. `id` is the producer
/// of contract.md; people see `tool`.
struct ImporterInfo {
    std::string_view id; ///< "vllm-serve"
    std::string_view tool; ///< "vLLM bench serve"
    int version = 1; ///< raised when the same bytes would give other rows
    int richness = 0; ///< among twins of one result the highest wins: JSON 30, YAML/SQL 20, CSV 10, text 0
    std::span<const Habit> habits = {};
    RunFiles runFiles = {};
    /// What it attaches without a series is a reading of counters at one time: two of one server are the
    /// measurement between them.
    bool readsSnapshots = false;
    /// Its requests end with their last token, so that TTFT and the gaps make up the whole. What observes a
    /// server sees the last byte instead: usage and [DONE] follow the token.
    bool endsWithToken = true;
};

/// How sure an importer is that a file is its own, and why, in a clause that the user can read:
/// "has model_id, date and request_throughput".
struct Match {
    enum Confidence { Possible = 1, Likely = 2, Certain = 3 };
    Confidence confidence = Likely;
    std::string why;
};

/// Reads the files of one producer. Stateless and shared: all state of a file lives in read().
///
/// A format is one file under core/import/formats with one class of this kind, registered by a
/// RegisterImporter object, and one test. Nothing else names it.
class Importer {
public:
    virtual ~Importer() = default;
    virtual ImporterInfo info() const = 0;
    /// By content first; the name only breaks ties. Empty when the file is not of this producer.
    virtual std::optional<Match> recognise(const Sample& sample) const = 0;
    /// Sends everything the file holds into the sink, or returns why it cannot: file, place, reason, remedy.
    /// Nothing of a file that ends in an error is stored.
    virtual Result<void> read(Input& input, Sink& sink) const = 0;
};

/// All importers that are linked in, ordered by id.
std::span<const Importer* const> importers();
const Importer* findImporter(std::string_view id);
/// What is known of a producer; nothing but its id where no importer has it.
ImporterInfo producerInfo(std::string_view id);
/// Name of a tool for people ("vLLM bench serve") from an importer's id; the id where no importer has it.
std::string toolName(std::string_view id);

void registerImporter(std::unique_ptr<Importer> importer);

/// `static const RegisterImporter<VllmServe> registered;` at the end of a format's file.
template <class T>
struct RegisterImporter {
    RegisterImporter() { registerImporter(std::make_unique<T>()); }
};

} // namespace prism
