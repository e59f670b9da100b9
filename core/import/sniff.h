// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

#include <stop_token>
#include <string>

namespace prism {

/// What recognition decided about a file.
struct Sniffed {
    const Importer* importer = nullptr; ///< null: `refusal` says what it looks like and what would help
    Match match;
    Family family = Family::Empty;
    Error refusal;
    bool beside = false; ///< of an unknown file: such texts lie beside results, and are no fault
    std::shared_ptr<const KeptDocument> document; ///< of a small JSON file; for Input::keep()
};

/// Looks at the beginning of a file (already decompressed) and asks every importer; the most certain one
/// wins, of equals the richer. `forced` is an importer id that overrules recognition. Where the head of a
/// large document is not enough, its skeleton is read whole; so is a document that nobody recognised, to
/// tell a damaged one from a foreign one.
Result<Sniffed> sniff(const std::string& name, const read::OpenSource& open, const std::string& forced = {},
    std::stop_token stop = {});

/// Opens a source decompressed. The readers undo its encoding themselves and count what they replace.
read::OpenSource unpacked(read::OpenSource raw, const read::Budgets& budgets);

/// Reads a file with the importer that recognises it, in this process. For the child and for tests.
struct ImportedText {
    const Importer* importer = nullptr;
    std::string why;
    std::optional<Error> error;
    bool beside = false; ///< nobody would expect a result in it
};
ImportedText importText(const std::string& name, const read::OpenSource& open, Sink& sink,
    const std::string& forced = {}, std::stop_token stop = {},
    const std::function<void(const Importer&, const std::string& why)>& recognised = {},
    std::uint64_t mostRows = 0);

} // namespace prism
