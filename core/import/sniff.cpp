// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"

#include "core/import/unknown_file.h"
#include "core/read/window.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace prism {

namespace {

constexpr std::size_t headBytes = 1u << 20;
constexpr std::size_t firstRead = read::windowOf(16u << 10);
constexpr std::size_t overlap = 128u << 10;
constexpr std::size_t sampleRows = 20;
constexpr std::size_t mostKeys = 8; ///< that a refusal names
/// A JSON file up to this size is read whole at once, and not again by an importer of whole documents.
constexpr std::size_t mostKept = 32u << 10;

/// Looks at the first document: its tree lives as long as the reading, so recognition happens inside. The
/// others are only counted when the file is read in earnest, unless the first may prove to be the only one.
class FirstDocument : public read::DocumentHandler {
public:
    explicit FirstDocument(const std::function<void(const read::Node&)>& look, bool isOnly = false)
        : m_look(look)
        , m_isOnly(isOnly)
    {
    }
    Result<void> document(const read::Node& root, std::size_t number) override
    {
        if (number > 0) {
            return Error { {}, {}, "enough", {} };
        }
        m_look(root);
        return m_isOnly ? Result<void>() : Result<void>(Error { {}, {}, "enough", {} });
    }

private:
    const std::function<void(const read::Node&)>& m_look;
    bool m_isOnly;
};

class Unheard : public read::DocumentHandler {
public:
    Result<void> document(const read::Node&, std::size_t) override { return {}; }
};

read::Plan skeletonPlan()
{
    read::Plan plan;
    plan.sampleElements = 2;
    plan.sampleStringBytes = 256;
    plan.skip = { "/*/*/*/*/*/*" }; // nobody is told by what lies deeper
    plan.acceptIncomplete = true;
    plan.forgiving = true; // what its reader does not accept is refused by it, with the place
    return plan;
}

bool looksLikeYaml(std::string_view head)
{
    // A key at the beginning of a line and nothing of JSON or a console: "version: 0.2", "benchmarks:".
    std::size_t keys = 0;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.size() && lines < 40; ++lines) {
        const std::size_t end = std::min(head.find('\n', at), head.size());
        const std::string_view line = head.substr(at, end - at);
        at = end + 1;
        if (line.empty() || line[0] == '#' || line.starts_with("---") || line[0] == ' ' || line[0] == '-'
            || line[0] == '\r') {
            continue;
        }
        const std::size_t colon = line.find(':');
        const bool key = colon != std::string_view::npos && colon > 0
            && std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                [](char c) {
                    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.'
                        || c == '"' || c == '\'';
                })
            && (colon + 1 == line.size() || line[colon + 1] == ' ' || line[colon + 1] == '\r');
        if (!key) {
            return false;
        }
        ++keys;
    }
    return keys > 0;
}

bool looksBinary(std::string_view head)
{
    const std::string_view first = head.substr(0, 4096);
    const auto odd = std::count_if(first.begin(), first.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1B && c != '\b';
    });
    return odd * 20 > static_cast<std::ptrdiff_t>(first.size());
}

char firstCharacter(std::string_view head)
{
    const std::size_t at = head.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? '\0' : head[at];
}

/// Two separators in each of the first rows, and as many in every one.
bool looksLikeCsv(const std::vector<read::CsvRow>& rows)
{
    const auto first = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return !row.empty(); });
    return first != rows.end() && first->size() >= 2
        && std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.size() >= 2; }) * 2
        >= static_cast<std::ptrdiff_t>(rows.size());
}

class Recognition {
public:
    Recognition(const std::string& name, const std::string& forced)
        : m_forced(forced)
    {
        m_sample.name = name;
    }

    Result<void> readHead(const read::OpenSource& open)
    {
        auto raw = open();
        if (!raw) {
            return raw.error();
        }
        const auto source = read::decoded(std::move(*raw), &m_encoding);
        // Most files are small: the buffer grows with them instead of costing a megabyte each.
        std::size_t size = 0;
        while (size < headBytes) {
            if (size == m_head.size()) {
                m_head.resize(std::min(headBytes, std::max(firstRead, 2 * size)));
            }
            const auto more = source->read({ m_head.data() + size, m_head.size() - size });
            if (!more) {
                return more.error();
            }
            if (*more == 0) {
                break;
            }
            size += *more;
        }
        char beyond = 0;
        const auto more
            = size == headBytes ? source->read({ &beyond, 1 }) : Result<std::size_t>(std::size_t(0));
        m_sample.complete = more && *more == 0;
        m_head.resize(size);
        m_sample.head = m_head;
        return {};
    }

    void lookAtHead(const read::OpenSource& open)
    {
        const bool blank = m_sample.complete && m_head.find_first_not_of(" \t\r\n") == std::string::npos;
        m_sample.family = blank                                             ? Family::Empty
            : m_head.starts_with(std::string_view("SQLite format 3\0", 16)) ? Family::Sqlite
            : looksBinary(m_head)                                           ? Family::Binary
                                                                            : Family::Text;
        if (m_sample.family == Family::Sqlite) {
            lookAtTables(open);
            return;
        }
        if (m_sample.family != Family::Text) {
            ask();
            return;
        }
        const bool found
            = wholeDocument() || skeleton(read::memorySource(m_head), Family::Json, &read::readJson);
        if (!found && looksLikeYaml(m_head)) {
            skeleton(read::memorySource(m_head), Family::Yaml, &read::readYaml);
        }
        if (!m_best) {
            readRows();
            m_sample.family = looksLikeCsv(m_sample.rows) ? Family::Csv : Family::Text;
            ask();
        }
        if (!m_best && m_documentFamily) {
            m_sample.family = *m_documentFamily;
        }
    }

    void lookAtTables(const read::OpenSource& open)
    {
        const auto database = read::SqliteInput::open(open, read::Budgets {});
        if (database) {
            m_sample.tables = (*database)->tables();
            for (const read::SqliteTable& table :
                m_sample.tables.first(std::min(mostKeys, m_sample.tables.size()))) {
                m_keys.push_back(table.name);
            }
            ask();
        } else {
            m_damage = database.error();
        }
        m_sample.tables = {};
    }

    void lookAtAll(const read::OpenSource& open)
    {
        auto source = open();
        if (source && m_documentFamily) {
            skeleton(std::move(*source), *m_documentFamily,
                *m_documentFamily == Family::Json ? &read::readJson : &read::readYaml);
        }
    }

    bool found() const { return m_best != nullptr; }
    /// Text whose beginning nobody knows: a server's log may have megabytes before the result.
    bool isLongText() const
    {
        return !m_best && !m_sample.complete && !m_documentFamily
            && (m_sample.family == Family::Text || m_sample.family == Family::Csv);
    }

    /// Asks about the rest of a long text, a window at a time, and then for a document behind log text.
    Result<void> lookThrough(const read::OpenSource& open, const std::stop_token& stop)
    {
        const Family family = m_sample.family;
        auto raw = open();
        if (!raw) {
            return raw.error();
        }
        const auto source = read::decoded(std::move(*raw));
        m_sample.rows.clear();
        m_sample.family = Family::Text;
        std::string window;
        while (!m_best && !stop.stop_requested()) {
            const std::size_t kept = window.size();
            window.resize(headBytes);
            std::size_t size = kept;
            while (size < headBytes) {
                const auto more = source->read({ window.data() + size, headBytes - size });
                if (!more) {
                    return more.error();
                }
                if (*more == 0) {
                    break;
                }
                size += *more;
            }
            if (size == kept) {
                break;
            }
            window.resize(size);
            m_sample.head = window;
            ask();
            // Markers stand close together: what lies across a border is seen whole in the next window.
            const std::size_t from = window.find('\n', size - std::min(size, overlap));
            window.erase(0, from == std::string::npos ? size : from + 1);
        }
        m_sample.head = m_head;
        m_sample.family = family;
        if (auto again = m_best ? Result<std::unique_ptr<read::ByteSource>>(Error {}) : open(); again) {
            skeleton(std::move(*again), Family::Json, &read::readJson);
        }
        return {};
    }

    /// Of what begins as a document and was recognised by nobody: where it is damaged, cut off or beyond a
    /// budget. Values are read over, so that memory does not grow.
    std::optional<Error> damage(const read::OpenSource& open, const std::stop_token& stop) const
    {
        if (m_damage) {
            return m_damage;
        }
        const char first = firstCharacter(m_head);
        const std::string_view name = m_sample.name;
        const bool yaml = looksLikeYaml(m_head) && (name.ends_with(".yaml") || name.ends_with(".yml"));
        if (first != '{' && first != '[' && !yaml) {
            return std::nullopt;
        }
        auto source = open();
        if (!source) {
            return source.error();
        }
        read::Plan plan;
        plan.skip = { "/*" };
        Unheard handler;
        const auto whole = yaml ? read::readYaml(**source, read::Plan {}, handler, stop)
                                : read::readJson(**source, plan, handler, stop);
        // Without a place the text holds no document at all: a log line that begins with a bracket.
        return whole || whole.error().place.empty() ? std::nullopt : std::optional(whole.error());
    }
    bool wantsAll() const { return !m_best && !m_sample.complete && m_documentFamily.has_value(); }

    Sniffed result()
    {
        Sniffed out;
        out.importer = m_best;
        out.match = m_match;
        out.family = m_best ? m_bestFamily : m_sample.family;
        out.document = std::move(m_kept);
        if (!m_best) {
            const auto beside = describeBeside(m_sample);
            out.beside = beside.has_value();
            out.refusal = beside ? *beside : describeUnknown(m_sample, m_keys);
        }
        return out;
    }

private:
    using Reader = Result<read::ReadReport> (*)(
        read::ByteSource&, const read::Plan&, read::DocumentHandler&, std::stop_token);

    std::function<void(const read::Node&)> looker(Family family)
    {
        return [this, family](const read::Node& root) {
            m_documentFamily = family;
            m_sample.family = family;
            m_sample.document = &root;
            rememberKeys(root);
            ask();
        };
    }

    bool skeleton(std::unique_ptr<read::ByteSource> source, Family family, Reader reader)
    {
        const auto look = looker(family);
        FirstDocument handler(look);
        (void)reader(*source, skeletonPlan(), handler, {});
        return std::exchange(m_sample.document, nullptr) != nullptr;
    }

    /// Of a small file that is JSON as it should be. The head is decoded already: what the decoding replaced
    /// is told by its own report.
    bool wholeDocument()
    {
        const char first = firstCharacter(m_head);
        if (!m_sample.complete || m_head.size() > mostKept || (first != '{' && first != '[')) {
            return false;
        }
        auto kept = std::make_shared<KeptDocument>();
        kept->json = std::make_unique<read::KeptJson>(m_head);
        const auto look = looker(Family::Json);
        FirstDocument handler(look, true);
        const auto report = kept->json->read(handler);
        if (kept->json->root()) {
            kept->report = *report;
            kept->report.encoding = m_encoding;
            m_kept = std::move(kept);
        }
        return std::exchange(m_sample.document, nullptr) != nullptr;
    }

    void rememberKeys(const read::Node& root)
    {
        m_keys.clear();
        const read::Node& object = root.isArray() && root.begin() != root.end() ? *root.begin() : root;
        for (const read::Node& child : object) {
            if (!child.key().empty() && m_keys.size() < mostKeys) {
                m_keys.emplace_back(child.key());
            }
        }
    }

    void readRows()
    {
        // The names of ten thousand columns are longer than that, and must be whole.
        const std::size_t size = std::max<std::size_t>(64u << 10, std::min(m_head.find('\n'), m_head.size()));
        const auto source = read::memorySource(m_head.substr(0, size));
        read::CsvOptions options;
        options.delimiter = read::sniffDelimiter(m_sample.head.substr(0, size));
        (void)read::readCsv(*source, options, [&](const read::CsvRow& row) -> Result<void> {
            // Cells are valid only now: keep their texts.
            read::CsvRow kept;
            for (const read::Cell& cell : row) {
                m_cells.push_back(std::make_unique<std::string>(cell.text));
                kept.emplace_back(*m_cells.back(), cell.place);
            }
            m_sample.rows.push_back(std::move(kept));
            return m_sample.rows.size() >= sampleRows ? Result<void>(Error { {}, {}, "enough", {} })
                                                      : Result<void>();
        });
    }

    void ask()
    {
        if (!m_forced.empty()) {
            m_best = findImporter(m_forced);
            m_match = { Match::Certain, "chosen by hand" };
            m_bestFamily = m_sample.family;
            return;
        }
        for (const Importer* importer : importers()) {
            const auto match = importer->recognise(m_sample);
            const bool better = match
                && (!m_best || match->confidence > m_match.confidence
                    || (match->confidence == m_match.confidence
                        && importer->info().richness > m_best->info().richness));
            if (better) {
                m_best = importer;
                m_match = *match;
                m_bestFamily = m_sample.family;
            }
        }
    }

    std::string m_forced;
    std::string m_head;
    Sample m_sample;
    std::vector<std::unique_ptr<std::string>> m_cells;
    std::vector<std::string> m_keys;
    read::EncodingReport m_encoding; ///< of the head
    std::shared_ptr<const KeptDocument> m_kept;
    std::optional<Error> m_damage; ///< why an SQLite file could not be looked into
    std::optional<Family> m_documentFamily;
    const Importer* m_best = nullptr;
    Match m_match;
    Family m_bestFamily = Family::Text;
};

} // namespace

Result<Sniffed> sniff(
    const std::string& name, const read::OpenSource& open, const std::string& forced, std::stop_token stop)
{
    if (!forced.empty() && !findImporter(forced)) {
        return Error { name, {}, "there is no importer " + forced, "prismctl doctor lists them" };
    }
    Recognition recognition(name, forced);
    if (auto done = recognition.readHead(open); !done) {
        return done.error();
    }
    recognition.lookAtHead(open);
    if (recognition.wantsAll() && !stop.stop_requested()) {
        recognition.lookAtAll(open);
    } else if (recognition.isLongText()) {
        if (auto looked = recognition.lookThrough(open, stop); !looked) {
            return looked.error();
        }
    }
    Sniffed out = recognition.result();
    if (!out.importer && !out.beside) {
        if (auto damage = recognition.damage(open, stop)) {
            out.refusal = std::move(*damage);
        }
    }
    out.refusal.file = name;
    return out;
}

read::OpenSource unpacked(read::OpenSource raw, const read::Budgets& budgets)
{
    return [raw = std::move(raw), budgets]() -> Result<std::unique_ptr<read::ByteSource>> {
        auto source = raw();
        return source ? read::decompressed(std::move(*source), budgets) : std::move(source);
    };
}

ImportedText importText(const std::string& name, const read::OpenSource& open, Sink& sink,
    const std::string& forced, std::stop_token stop,
    const std::function<void(const Importer&, const std::string& why)>& recognised, std::uint64_t mostRows)
{
    const auto sniffed = sniff(name, open, forced, stop);
    ImportedText out;
    if (!sniffed) {
        out.error = sniffed.error();
        out.error->file = name;
        return out;
    }
    if (!sniffed->importer) {
        out.error = sniffed->refusal;
        out.beside = sniffed->beside;
        return out;
    }
    out.importer = sniffed->importer;
    out.why = sniffed->match.why;
    if (recognised) {
        recognised(*out.importer, out.why);
    }
    Input input(name, sniffed->family, open, read::Budgets {}, stop);
    input.keep(sniffed->document);
    input.setMostRows(mostRows);
    if (auto done = sniffed->importer->read(input, sink); !done) {
        out.error = done.error();
        out.error->file = name;
    }
    if (const auto& unclear = input.unclear()) {
        sink.warn({ read::unclearCode, read::unclearText(unclear->number, unclear->column), unclear->place });
    }
    return out;
}

} // namespace prism
