// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/words.h"

#include "core/model/attribute_text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include <pwd.h>
#include <unistd.h>

namespace prism::store {

Result<Words> Words::load(Database& database)
{
    Words words;
    if (auto done = words.loadPoints(database); !done) {
        return done.error();
    }
    if (auto done = words.loadRuns(database); !done) {
        return done.error();
    }
    if (auto done = words.loadTwins(database); !done) {
        return done.error();
    }
    return words;
}

Result<void> Words::loadPoints(Database& database)
{
    auto statement = database.prepare(
        "SELECT p.id, w.field, w.value, w.said_at, w.said_by, r.id FROM word w"
        " JOIN source s ON s.sha256 = w.subject AND s.state = 1 JOIN point p ON p.source = s.id AND p.idx = "
        "w.idx LEFT JOIN run r ON w.field = 'run' AND r.uid = w.value WHERE w.idx >= 0",
        false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        PointWords& point = m_points[statement->integer(0)];
        point.words.push_back(
            { statement->string(1), statement->string(2), {}, statement->string(3), statement->string(4) });
        point.hidden = point.hidden || point.words.back().field == "hidden";
        point.run = statement->optionalInteger(5).value_or(point.run);
    }
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> Words::loadRuns(Database& database)
{
    auto statement = database.prepare("SELECT w.subject, w.field, w.value, w.said_at, w.said_by, r.id FROM "
                                      "word w LEFT JOIN run r ON r.uid = w.subject WHERE w.idx = -1",
        false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        Word word { statement->string(1), statement->string(2), {}, statement->string(3),
            statement->string(4) };
        if (const auto run = statement->optionalInteger(5); run && word.field.starts_with(attributeWord)) {
            m_attributes[*run].push_back(word);
            m_attributes[*run].back().ofRun = true;
        }
        m_runs[statement->string(0)].push_back(std::move(word));
    }
    return row ? Result<void>() : Result<void>(row.error());
}

namespace {

/// Adds a word on the same thing that is stored elsewhere; true where it is the one that holds.
bool merge(std::vector<Word>& words, const Word& other)
{
    const auto it = std::find_if(
        words.begin(), words.end(), [&](const Word& word) { return word.field == other.field; });
    if (it == words.end()) {
        words.push_back(other);
        return true;
    }
    if (other.field == "tags") {
        const std::vector<std::string> mine = lines(it->value);
        for (const std::string& tag : lines(other.value)) {
            it->value += std::find(mine.begin(), mine.end(), tag) == mine.end() ? '\n' + tag : std::string();
        }
        return false;
    }
    if (other.saidAt <= it->saidAt) {
        return false;
    }
    *it = other;
    return true;
}

} // namespace

Result<void> Words::loadTwins(Database& database)
{
    const auto twins = twinPoints(database);
    if (!twins || twins->empty()) {
        return twins ? Result<void>() : Result<void>(twins.error());
    }
    auto statement
        = database.prepare("SELECT w.field, w.value, w.said_at, w.said_by, r.id FROM word w LEFT JOIN "
                           "run r ON w.field = 'run' AND r.uid = w.value WHERE w.subject = ? AND "
                           "w.idx = ?",
            false);
    if (!statement) {
        return statement.error();
    }
    for (const TwinPoint& twin : *twins) {
        statement->start(twin.sha256, twin.index);
        auto row = statement->next();
        for (; row && *row; row = statement->next()) {
            const Word word { statement->string(0), statement->string(1), {}, statement->string(2),
                statement->string(3) };
            PointWords& point = m_points[twin.shown];
            point.elsewhere.push_back({ word.field, twin.sha256, twin.index });
            point.hidden = point.hidden || word.field == "hidden";
            if (merge(point.words, word) && word.field == "run") {
                point.run = statement->optionalInteger(4).value_or(0);
            }
        }
        if (!row) {
            return row.error();
        }
    }
    return addTwinRuns(database, *twins);
}

Result<void> Words::addTwinRuns(Database& database, const std::vector<TwinPoint>& twins)
{
    std::set<std::pair<RunId, RunId>> runs;
    for (const TwinPoint& twin : twins) {
        runs.emplace(twin.run, twin.shownRun);
    }
    const auto own = m_runs;
    for (const auto& [run, shown] : runs) {
        const auto uid = database.text("SELECT uid FROM run WHERE id = " + std::to_string(run));
        const auto shownUid = database.text("SELECT uid FROM run WHERE id = " + std::to_string(shown));
        if (!uid || !shownUid) {
            return !uid ? uid.error() : shownUid.error();
        }
        const auto said = run == shown ? own.end() : own.find(*uid);
        for (const Word& word : said == own.end() ? std::vector<Word>() : said->second) {
            m_runsElsewhere[*shownUid].push_back({ word.field, *uid, -1 });
            merge(m_runs[*shownUid], word);
            if (word.field.starts_with(attributeWord)) {
                Word attribute = word;
                attribute.ofRun = true;
                merge(m_attributes[shown], attribute);
            }
        }
    }
    return {};
}

const std::vector<WordElsewhere>* Words::elsewhereOfRun(const std::string& uid) const
{
    const auto it = m_runsElsewhere.find(uid);
    return it == m_runsElsewhere.end() ? nullptr : &it->second;
}

std::vector<Word> Words::saidOfRuns(RunId run, RunId fileRun) const
{
    std::vector<Word> out;
    for (const RunId one : { run, fileRun }) {
        const auto it = m_attributes.find(one);
        for (const Word& word : it == m_attributes.end() ? std::vector<Word>() : it->second) {
            if (std::none_of(
                    out.begin(), out.end(), [&](const Word& said) { return said.field == word.field; })) {
                out.push_back(word);
            }
        }
    }
    return out;
}

std::optional<PointWords> Words::said(PointId point, RunId fileRun) const
{
    const PointWords* own = m_points.empty() ? nullptr : of(point);
    std::optional<PointWords> words = own ? std::optional(*own) : std::nullopt;
    if (m_attributes.empty()) {
        return words;
    }
    for (Word& word : saidOfRuns(own && own->run != 0 ? own->run : fileRun, fileRun)) {
        words = words ? std::move(words) : std::optional<PointWords>(std::in_place);
        if (std::none_of(words->words.begin(), words->words.end(),
                [&](const Word& said) { return said.field == word.field; })) {
            words->words.push_back(std::move(word));
        }
    }
    return words;
}

const PointWords* Words::of(PointId point) const
{
    const auto it = m_points.find(point);
    return it == m_points.end() ? nullptr : &it->second;
}

RunId Words::runOf(PointId point, RunId fileRun) const
{
    const PointWords* words = m_points.empty() ? nullptr : of(point);
    return words && words->run != 0 ? words->run : fileRun;
}

bool Words::isHidden(PointId point) const
{
    const PointWords* words = m_points.empty() ? nullptr : of(point);
    return words && words->hidden;
}

const std::vector<Word>* Words::ofRun(const std::string& uid) const
{
    const auto it = m_runs.find(uid);
    return it == m_runs.end() ? nullptr : &it->second;
}

void apply(const PointWords& words, PointDetail& point)
{
    point.words = words.words;
    point.record.run = words.run != 0 ? words.run : point.record.run;
    for (Word& word : point.words) {
        if (!word.field.starts_with(attributeWord)) {
            continue;
        }
        const std::string name = word.field.substr(attributeWord.size());
        auto value = attributeValue(name, word.value);
        if (!value) {
            continue; // said with a newer Prism: not ours to read
        }
        std::vector<Attribute>& all = point.record.attributes;
        const auto it = std::find_if(
            all.begin(), all.end(), [&](const Attribute& attribute) { return attribute.name == name; });
        if (it == all.end()) {
            all.push_back({ name, std::move(*value), {}, Origin::User, {} });
            continue;
        }
        word.before = toText(it->value);
        if (it->given.empty() && it->origin == Origin::Reported) {
            it->given = word.before;
        }
        it->value = std::move(*value);
        it->origin = Origin::User;
    }
}

void apply(const std::vector<Word>& words, RunRecord& run)
{
    run.words = words;
    for (const Word& word : words) {
        if (word.field == "name") {
            run.name = word.value;
        } else if (word.field == "note") {
            run.note = word.value;
        } else if (word.field == "evidence") {
            run.evidence = word.value;
        } else if (word.field == "tags") {
            run.tags = lines(word.value);
        }
    }
}

std::vector<std::string> lines(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) {
            out.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string whoIsThis()
{
    std::array<char, 4096> room {};
    passwd entry {};
    passwd* found = nullptr;
    if (getpwuid_r(geteuid(), &entry, room.data(), room.size(), &found) == 0 && found && found->pw_name) {
        return found->pw_name;
    }
    return "uid " + std::to_string(geteuid());
}

} // namespace prism::store
