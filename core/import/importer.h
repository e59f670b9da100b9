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

/// Identity of an importer. `id` is the producer of contract.md; people see `tool`.
struct ImporterInfo {
    std::string_view id; ///< "vllm-serve"
    std::string_view tool; ///< "vLLM bench serve"
    int version = 1; ///< raised when the same bytes would give other rows
    int richness = 0; ///< among twins of one result the highest wins: JSON 30, YAML/SQL 20, CSV 10, text 0
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

void registerImporter(std::unique_ptr<Importer> importer);

/// `static const RegisterImporter<VllmServe> registered;` at the end of a format's file.
template <class T>
struct RegisterImporter {
    RegisterImporter() { registerImporter(std::make_unique<T>()); }
};

} // namespace prism
