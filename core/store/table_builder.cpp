// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/table_builder.h"

#include "core/store/category_builder.h"
#include "core/store/local_begins.h"
#include "core/store/measure_loader.h"
#include "core/store/point_blobs.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace prism::store {

namespace {

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const std::string& text : texts) {
        out += (out.empty() ? "" : ", ") + text;
    }
    return out;
}

/// "2026-11-24" of "2026-11-24T13:00:00Z", nothing of what is no date.
std::string_view dayOf(std::string_view time)
{
    const bool isDay = time.size() >= 10 && time[4] == '-' && time[7] == '-';
    return isDay ? time.substr(0, 10) : std::string_view();
}

/// Its codes are made with its first point, so that no facet offers a value without a row.
struct ShownSource {
    std::string path, producer;
    bool coded = false;
    Code pathCode = 0, producerCode = 0;
};

class TableBuilder {
public:
    TableBuilder(Database& database, Aliases aliases, Words words)
        : m_database(database)
        , m_aliases(std::move(aliases))
        , m_words(std::move(words))
    {
    }
    Result<ColumnTable::Contents> build(std::uint64_t revision);

private:
    Result<void> readNames();
    Result<void> readSources();
    Result<void> readPoints();
    Result<void> addAttributes(std::span<const char> bytes, Row row);
    void addWords(const PointWords& words, Row row);
    void markCount(Row row);
    void addSource(ShownSource& source);
    Result<void> addDate(std::string_view startedAt, PointId point, LocalBegins& locally);
    Result<void> addRuns();
    Code codeOfTags(const std::vector<std::string>& tags);
    void addCombined();
    void rankByLoad();
    Result<void> addMeasures();

    Database& m_database;
    Aliases m_aliases;
    Words m_words;
    RunCounts m_counts;
    ColumnTable::Contents m_contents;
    std::vector<CategoryBuilder> m_attributes; ///< in the order of attributeNames()
    std::vector<int> m_slotOfName; ///< attribute_name.id to index into m_attributes, -1 for others
    CategoryBuilder m_run { "run" }, m_producer { "producer" }, m_source { "source" },
        m_evidence { "evidence" }, m_tags { "tags" }, m_date { "date" }, m_pd { "pd" },
        m_lengths { "isl_osl" };
    std::unordered_map<SourceId, ShownSource> m_sources;
    std::vector<SourceId> m_sourceOfRow;
    std::vector<std::uint32_t> m_indexOfRow;
    std::vector<bool> m_keyShown;
    std::size_t m_countSlot = 0; ///< of accelerator_count
};

std::size_t slotOf(std::string_view name)
{
    const auto names = attributeNames();
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Result<void> TableBuilder::readNames()
{
    for (const std::string_view name : attributeNames()) {
        m_attributes.emplace_back(std::string(name));
    }
    m_countSlot = slotOf("accelerator_count");
    auto statement = m_database.prepare("SELECT id, name FROM attribute_name ORDER BY id", false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const auto id = static_cast<std::size_t>(statement->integer(0));
        if (id > m_slotOfName.size() + maxKeyGap) {
            return damaged(m_database.file(), "a name of an attribute");
        }
        m_slotOfName.resize(id + 1, -1);
        const std::size_t slot = slotOf(statement->text(1));
        m_slotOfName[id] = slot < m_attributes.size() ? static_cast<int>(slot) : -1;
    }
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> TableBuilder::readSources()
{
    auto statement = m_database.prepare(
        "SELECT s.id, s.path, s.producer, s.keys FROM source s WHERE " + std::string(sourceIsShown), false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        m_sources[statement->integer(0)] = { statement->string(1), statement->string(2) };
        const std::span<const char> keys = statement->blob(3);
        for (std::size_t i = 0; i + 4 <= keys.size(); i += 4) {
            std::uint32_t key = 0;
            std::memcpy(&key, keys.data() + i, sizeof key);
            if (key >= maxMeasureKeys) {
                return damaged(m_database.file(), "a source");
            }
            if (m_keyShown.size() <= key) {
                m_keyShown.resize(key + 1);
            }
            m_keyShown[key] = true;
        }
    }
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> TableBuilder::addAttributes(std::span<const char> bytes, Row row)
{
    BlobReader in(bytes);
    for (std::size_t left = in.count(); left > 0; --left) {
        const std::uint64_t name = in.number();
        const std::string_view body = in.text();
        if (!in.ok() || name >= m_slotOfName.size()) {
            return damaged(m_database.file(), "a point");
        }
        const int slot = m_slotOfName[static_cast<std::size_t>(name)];
        if (slot >= 0) {
            CategoryBuilder& column = m_attributes[static_cast<std::size_t>(slot)];
            column.set(row, column.codeOfBody(body, m_aliases));
            if (static_cast<std::size_t>(slot) == m_countSlot) {
                const auto read = readAttributeBody(body);
                if (read && read->origin == Origin::User) {
                    markCount(row);
                }
            }
        }
    }
    return {};
}

/// What the user says of an attribute stands in the place of what the file says.
void TableBuilder::addWords(const PointWords& words, Row row)
{
    for (const Word& word : words.words) {
        const bool isAttribute = word.field.starts_with(attributeWord);
        const std::size_t slot = isAttribute
            ? slotOf(std::string_view(word.field).substr(attributeWord.size()))
            : m_attributes.size();
        if (slot < m_attributes.size()) {
            m_attributes[slot].set(row, m_attributes[slot].code(word.value, numberIn(word.value)));
            if (slot == m_countSlot) {
                markCount(row);
            }
        }
    }
}

void TableBuilder::markCount(Row row)
{
    m_contents.usersCounts.resize(row + 1);
    m_contents.usersCounts[row] = true;
}

void TableBuilder::addSource(ShownSource& source)
{
    if (!source.coded) {
        source.coded = true;
        source.pathCode = m_source.code(source.path);
        source.producerCode = m_producer.code(source.producer);
    }
    m_source.add(source.pathCode);
    m_producer.add(source.producerCode);
}

/// The day on which it was measured. The day of the import says nothing of that.
Result<void> TableBuilder::addDate(std::string_view startedAt, PointId point, LocalBegins& locally)
{
    if (const std::string_view started = dayOf(startedAt); !started.empty()) {
        m_date.add(m_date.code(started));
        return {};
    }
    const auto begins = locally.of(point);
    if (!begins) {
        return begins.error();
    }
    m_date.add(*begins ? m_date.code(localDay(**begins)) : 0);
    return {};
}

Result<void> TableBuilder::readPoints()
{
    auto statement = m_database.prepare(
        "SELECT id, source, idx, run, attributes FROM point WHERE run > 0 ORDER BY id", false);
    if (!statement) {
        return statement.error();
    }
    auto locally = LocalBegins::open(m_database);
    if (!locally) {
        return locally.error();
    }
    const std::size_t startedAt = slotOf("started_at");
    auto more = statement->next();
    for (; more && *more; more = statement->next()) {
        const auto source = m_sources.find(statement->integer(1));
        if (source == m_sources.end()) {
            continue;
        }
        const Row row = static_cast<Row>(m_contents.points.size());
        const PointId point = statement->integer(0);
        const RunId fileRun = statement->integer(3);
        const auto words = m_words.said(point, fileRun);
        const RunId run = words && words->run != 0 ? words->run : fileRun;
        if (words && words->hidden) {
            ++m_counts[run].hidden;
            m_contents.hidden.push_back({ point, run });
            continue;
        }
        ++m_counts[run].shown;
        m_contents.points.push_back(point);
        m_contents.runs.push_back(run);
        m_sourceOfRow.push_back(source->first);
        m_indexOfRow.push_back(static_cast<std::uint32_t>(statement->integer(2)));
        if (auto added = addAttributes(statement->blob(4), row); !added) {
            return added;
        }
        if (words) {
            addWords(*words, row);
        }
        addSource(source->second);
        if (auto dated
            = addDate(m_attributes[startedAt].text(m_attributes[startedAt].at(row)), point, *locally);
            !dated) {
            return dated;
        }
    }
    return more ? Result<void>() : Result<void>(more.error());
}

Result<void> TableBuilder::addRuns()
{
    auto runs = loadRuns(m_database, m_counts, m_words);
    if (!runs) {
        return runs.error();
    }
    struct Codes {
        Code run, evidence, tags;
    };
    std::unordered_map<RunId, Codes> codes;
    for (RunRecord& run : *runs) {
        if (run.points == 0) {
            continue; // all hidden
        }
        codes[run.id]
            = { m_run.code(std::to_string(run.id)), m_evidence.code(run.evidence), codeOfTags(run.tags) };
        m_contents.runRecords.emplace(run.id, std::move(run));
    }
    for (const RunId run : m_contents.runs) {
        const auto it = codes.find(run);
        if (it == codes.end()) {
            return damaged(m_database.file(), "run " + std::to_string(run));
        }
        m_run.add(it->second.run);
        m_evidence.add(it->second.evidence);
        m_tags.add(it->second.tags);
    }
    return {};
}

/// Each tag is a value of its own; a run of several has a code that stands for all of them.
Code TableBuilder::codeOfTags(const std::vector<std::string>& tags)
{
    std::vector<Code> codes;
    for (const std::string& tag : tags) {
        codes.push_back(m_tags.code(tag));
    }
    const Code all = m_tags.code(joined(tags));
    if (codes.size() > 1) {
        m_tags.setMembers(all, std::move(codes));
    }
    return all;
}

void TableBuilder::addCombined()
{
    const auto combine = [this](CategoryBuilder& out, std::string_view first, std::string_view second,
                             const std::string& between) {
        const CategoryBuilder& a = m_attributes[slotOf(first)];
        const CategoryBuilder& b = m_attributes[slotOf(second)];
        std::map<std::pair<Code, Code>, Code> made;
        for (Row row = 0; row < m_contents.points.size(); ++row) {
            const std::pair codes { a.at(row), b.at(row) };
            if (codes.first == 0 || codes.second == 0) {
                out.add(0);
                continue;
            }
            const auto [it, fresh] = made.try_emplace(codes, 0);
            if (fresh) {
                it->second = out.code(a.text(codes.first) + between + b.text(codes.second));
            }
            out.add(it->second);
        }
    };
    combine(m_pd, "prefill_instances", "decode_instances", ":");
    combine(m_lengths, "isl_target", "osl_target", " \u2192 ");
}

void TableBuilder::rankByLoad()
{
    using Load = std::tuple<RunId, double, double, double, SourceId, std::uint32_t, Row>;
    const auto number = [this](std::string_view name, Row row) {
        const CategoryBuilder& column = m_attributes[slotOf(name)];
        const double value = column.number(column.at(row));
        return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
    };
    std::vector<Load> loads;
    loads.reserve(m_contents.points.size());
    for (Row row = 0; row < m_contents.points.size(); ++row) {
        loads.emplace_back(m_contents.runs[row], number("concurrency", row), number("request_rate", row),
            number("batch_size", row), m_sourceOfRow[row], m_indexOfRow[row], row);
    }
    std::sort(loads.begin(), loads.end());
    m_contents.order.resize(loads.size());
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < loads.size(); ++i) {
        rank = i > 0 && std::get<0>(loads[i]) == std::get<0>(loads[i - 1]) ? rank + 1 : 0;
        m_contents.order[std::get<6>(loads[i])] = rank;
    }
}

Result<void> TableBuilder::addMeasures()
{
    auto keys = loadMeasureKeys(m_database);
    if (!keys) {
        return keys.error();
    }
    std::vector<std::string>& texts = m_contents.semanticsTexts;
    texts.emplace_back();
    std::set<std::pair<const Metric*, Stat>> listed;
    std::vector<std::uint16_t> semantics(keys->size(), 0);
    for (std::size_t id = 0; id < keys->size(); ++id) {
        const MeasureKey& key = (*keys)[id];
        if (!key.metric) {
            continue;
        }
        auto it = std::find(texts.begin(), texts.end(), key.semantics);
        if (it == texts.end()) {
            if (texts.size() > 0xffff) {
                return damaged(m_database.file(), "the meanings of its measures");
            }
            it = texts.insert(texts.end(), key.semantics);
        }
        semantics[id] = static_cast<std::uint16_t>(it - texts.begin());
        if (id < m_keyShown.size() && m_keyShown[id] && listed.emplace(key.metric, key.stat).second) {
            m_contents.available.emplace_back(key.metric, key.stat);
        }
    }
    auto loader = std::make_shared<MeasureLoader>(
        m_database.file(), m_contents.points, std::move(*keys), std::move(semantics));
    m_contents.load = [loader](MeasureColumn& column) { loader->load(column); };
    return {};
}

Result<ColumnTable::Contents> TableBuilder::build(std::uint64_t revision)
{
    m_contents.revision = revision;
    for (const auto step : { &TableBuilder::readNames, &TableBuilder::readSources, &TableBuilder::readPoints,
             &TableBuilder::addRuns, &TableBuilder::addMeasures }) {
        if (auto done = (this->*step)(); !done) {
            return done.error();
        }
    }
    addCombined();
    rankByLoad();
    const std::size_t rows = m_contents.points.size();
    for (CategoryBuilder& column : m_attributes) {
        if (!column.empty()) {
            m_contents.categories.push_back(column.take(rows));
        }
    }
    for (CategoryBuilder* column :
        { &m_run, &m_producer, &m_source, &m_evidence, &m_tags, &m_date, &m_pd, &m_lengths }) {
        m_contents.categories.push_back(column->take(rows));
    }
    return std::move(m_contents);
}

} // namespace

Result<std::vector<RunRecord>> loadRuns(Database& database, const RunCounts& counts, const Words& words)
{
    auto statement = database.prepare("SELECT id, uid, label, producer, colour FROM run ORDER BY id", false);
    if (!statement) {
        return statement.error();
    }
    std::vector<RunRecord> runs;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const auto count = counts.find(statement->integer(0));
        if (count == counts.end()) {
            continue;
        }
        RunRecord run;
        run.id = statement->integer(0);
        run.uid = statement->string(1);
        run.label = statement->string(2);
        run.producer = statement->string(3);
        run.colourSlot = static_cast<int>(statement->integer(4));
        run.points = count->second.shown;
        run.hidden = count->second.hidden;
        if (const auto* said = words.ofRun(run.uid)) {
            apply(*said, run);
        }
        runs.push_back(std::move(run));
    }
    return row ? Result<std::vector<RunRecord>>(std::move(runs)) : row.error();
}

Result<ColumnTable::Contents> buildTable(Database& database, std::uint64_t revision)
{
    auto aliases = Aliases::load(database);
    auto words = Words::load(database);
    if (!aliases || !words) {
        return !aliases ? aliases.error() : words.error();
    }
    return TableBuilder(database, std::move(*aliases), std::move(*words)).build(revision);
}

} // namespace prism::store
