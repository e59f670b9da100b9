// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/arena.h"
#include "core/read/documents.h"
#include "core/read/path_patterns.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::read {

/// Builds trees of Nodes from the events of a parser, JSON or YAML alike, and applies the Plan: streamed
/// elements go to the handler one by one, skipped values leave nothing behind, budgets end the reading.
///
/// Every event returns false once the reading has failed; error() says why. One tree lives at a time: it is
/// valid until the next begin().
class TreeBuilder {
public:
    TreeBuilder(const Plan& plan, DocumentHandler& handler);

    /// Makes this look for the value at a pointer instead: nothing is built but the way to it. `position` is
    /// kept by the parser: the end of what it tells of at the moment.
    void locate(std::string_view pointer, const std::uint64_t* position);
    /// The value at the pointer: within the first document, or, where its first step is the number of a
    /// document, within that one. Of members of one name the last counts, as everywhere.
    std::optional<Located> located(bool severalDocuments) const;

    /// Forgets the last tree. With a number the pointers of the document begin with it.
    void begin(std::optional<std::size_t> number);
    /// The root once it is complete, else null.
    const Node* root() const { return m_open.empty() ? m_root : nullptr; }
    /// Changes the number of a complete document before it is handed over.
    void setNumber(std::optional<std::size_t> number);

    bool beginObject(Place place) { return beginContainer(Kind::Object, place); }
    bool beginArray(Place place) { return beginContainer(Kind::Array, place); }
    bool endContainer();
    /// Name of the next member. `text` is copied.
    bool key(std::string_view text);
    bool number(std::string_view text, Place place);
    /// A scalar of another kind; `text` is copied unless it is skipped.
    bool scalar(Kind kind, std::string_view text, Place place);

    /// Completes the tree where it stands, for a document that is cut off.
    void closeAll();
    /// Forgets the streamed element that is being built, so that closeAll() does not hand it over.
    void dropElement();

    /// Whether the next scalar will be thrown away, so that its text need not be gathered.
    bool skipsNext();
    bool insideSkipped() const { return m_skipDepth > 0; }

    /// YAML only: a member "<<" with a mapping, or a list of them, adds the members that are not there yet.
    void setMergeKeys(bool merge) { m_mergeKeys = merge; }

    const std::optional<Error>& error() const { return m_error; }
    bool failed() const { return m_error.has_value(); }
    bool fail(Error error);
    std::uint64_t elementsHanded() const { return m_elementsHanded; }
    std::uint64_t duplicateKeys() const { return m_duplicateKeys; }

private:
    struct Open {
        Node* node = nullptr;
        Node* last = nullptr;
        PathPatterns::Set alive = 0;
        std::uint32_t next = 0; ///< index of the next child
        bool streamed = false; ///< children are elements for the handler
        bool run = false; ///< nothing but numbers so far; they stand in m_run
    };
    /// A number of the innermost array while that may still become a Numbers node.
    struct RunText {
        Place place;
        std::size_t textEnd = 0;
    };

    /// The pointer that is looked for, with and without a document's number at its front.
    struct Search {
        explicit Search(std::string_view pointer, const std::uint64_t* at);
        struct Hit {
            PathPatterns::Set pattern = 0;
            std::optional<Located> value;
            std::size_t depth = 0; ///< of the value
            bool open = false; ///< the value has begun and not ended
        };

        PathPatterns patterns;
        std::optional<std::size_t> number;
        const std::uint64_t* position;
        Hit first { 1, {}, 0, false };
        Hit numbered { 2, {}, 0, false };
    };

    enum class Fate { Keep, Skip };
    Fate arriveInSearch(PathPatterns::Set& alive, Place place);
    void searchEnds();
    bool beginContainer(Kind kind, Place place);
    Fate arrive(bool& streams, PathPatterns::Set& alive, Place place);
    PathPatterns::Set stepToChild(const PathPatterns& patterns) const;
    Node* addNode(Kind kind, Place place);
    bool complete(Node& node);
    bool addToRun(double value, std::string_view text, Place place);
    bool endRun();
    bool runBecomesNodes();
    bool checkBudget(Place place);
    void dropDuplicates(Open& object);
    void merge(Open& object);
    void takeMembers(Open& object, Node& from);
    Arena& arena() { return m_element ? m_elementArena : m_documentArena; }

    const Budgets m_budgets;
    const std::size_t m_sampleElements;
    const std::size_t m_sampleStringBytes;
    const PathPatterns m_patterns;
    DocumentHandler& m_handler;
    Arena m_documentArena;
    Arena m_elementArena;
    std::vector<Open> m_open;
    Node* m_root = nullptr;
    Node* m_element = nullptr; ///< root of the streamed element that is being built
    std::size_t m_documentNodes = 0;
    std::size_t m_elementNodes = 0;
    std::optional<std::size_t> m_number;
    std::string m_key;
    std::size_t m_skipDepth = 0;
    std::vector<double> m_run;
    std::vector<RunText> m_runPlaces;
    std::string m_runText;
    std::vector<Node*> m_seen; ///< table of the keys of one object
    bool m_mergeKeys = false;
    std::optional<Search> m_search;
    std::uint64_t m_elementsHanded = 0;
    std::uint64_t m_duplicateKeys = 0;
    std::optional<Error> m_error;
};

} // namespace prism::read
