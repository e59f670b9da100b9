// SPDX-License-Identifier: GPL-3.0-or-later
// What the user says of points and runs.
#include "core/catalog/catalog.h"
#include "core/model/attribute_text.h"
#include "core/store/source_rows.h"
#include "core/store/words.h"
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

#include <algorithm>
#include <set>

namespace prism {

using namespace store;

namespace {

std::string counted(std::size_t count, const std::string& noun)
{
    return count == 1 ? noun : std::to_string(count) + ' ' + noun + 's';
}

std::string listed(const std::vector<RunId>& ids)
{
    std::string out;
    for (const RunId id : ids) {
        out += (out.empty() ? "" : ",") + std::to_string(id);
    }
    return out;
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const std::string& text : texts) {
        out += (out.empty() ? "" : "\n") + text;
    }
    return out;
}

EditStep wordStep(
    const std::string& subject, std::int64_t index, const std::string& field, const std::string& value)
{
    return { EditStep::Kind::Word, index, field, subject, value, {}, {} };
}

/// The name by which files' points have it, so that the user's word falls together with theirs. A model is
/// called as the user says.
std::string canonical(const std::string& name, const std::string& text)
{
    const auto& catalog = Catalog::standard();
    const auto known = catalog && name != "model" ? catalog->canonical(name, text) : std::nullopt;
    return known.value_or(text);
}

/// The value to be stored, or why it cannot be.
Result<std::string> checked(const std::string& field, const std::string& value)
{
    if (field == "hidden" || field == "note" || value.empty()) {
        const bool known = field == "hidden" || field == "note" || field.starts_with(attributeWord);
        return known ? Result<std::string>(value)
                     : Result<std::string>(Error { {}, {}, "a point has no field \"" + field + '"', {} });
    }
    if (!field.starts_with(attributeWord)) {
        return Error { {}, {}, "a point has no field \"" + field + '"', {} };
    }
    const std::string name = field.substr(attributeWord.size());
    const auto parsed = attributeValue(name, value);
    return parsed ? Result<std::string>(canonical(name, toText(*parsed))) : parsed.error();
}

bool saidOfTheRun(const PointWords& words, const std::string& field)
{
    return std::any_of(words.words.begin(), words.words.end(),
        [&](const Word& word) { return word.ofRun && word.field == field; });
}

bool saidOfItself(const PointWords& words, const std::string& field)
{
    return std::any_of(words.words.begin(), words.words.end(),
        [&](const Word& word) { return !word.ofRun && word.field == field; });
}

/// What is done to `which` points or runs.
std::string describeWord(const std::string& which, const std::string& field, const std::string& value)
{
    if (field == "hidden") {
        return value.empty() ? "Show " + which + " again" : "Hide " + which + ": " + value;
    }
    if (field == "note") {
        return (value.empty() ? "Take back the note of " : "Note on ") + which;
    }
    const std::string name = field.substr(attributeWord.size());
    return value.empty() ? "Take back the " + name + " of " + which
                         : "Set " + name + " of " + which + " to " + value;
}

/// "the tag "a"", "the tags "a" and "b"".
std::string tagsText(const std::vector<std::string>& tags)
{
    std::string out = tags.size() == 1 ? "the tag " : "the tags ";
    for (std::size_t i = 0; i < tags.size(); ++i) {
        out += (i == 0 ? "\"" : i + 1 < tags.size() ? ", \"" : " and \"") + tags[i] + '"';
    }
    return out;
}

} // namespace

void StoreWriter::Impl::addWord(std::vector<EditStep>& steps, const Words& said, const Subject& point,
    const std::string& field, const std::string& value)
{
    if (const PointWords* about = said.of(point.point)) {
        for (const WordElsewhere& other : about->elsewhere) {
            if (other.field == field) {
                steps.push_back(wordStep(other.subject, other.index, field, {}));
            }
        }
    }
    steps.push_back(wordStep(point.sha256, point.index, field, value));
}

void StoreWriter::Impl::addRunWord(std::vector<EditStep>& steps, const Words& said, const std::string& uid,
    const std::string& field, const std::string& value)
{
    if (const auto* elsewhere = said.elsewhereOfRun(uid)) {
        for (const WordElsewhere& other : *elsewhere) {
            if (other.field == field) {
                steps.push_back(wordStep(other.subject, other.index, field, {}));
            }
        }
    }
    steps.push_back(wordStep(uid, -1, field, value));
}

Result<std::vector<StoreWriter::Impl::Subject>> StoreWriter::Impl::subjectsWhere(const std::string& condition)
{
    const auto said = Words::load(*database);
    auto statement = database->prepare("SELECT p.id, p.run, s.sha256, p.idx FROM point p JOIN source s ON "
                                       "s.id = p.source WHERE p.run > 0 AND "
            + std::string(sourceIsShown) + " AND (" + condition + ") ORDER BY p.id",
        false);
    if (!said || !statement) {
        return !said ? said.error() : statement.error();
    }
    std::vector<Subject> out;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const PointId point = statement->integer(0);
        const RunId fileRun = statement->integer(1);
        out.push_back(
            { point, said->runOf(point, fileRun), fileRun, statement->string(2), statement->integer(3) });
    }
    return row ? Result<std::vector<Subject>>(std::move(out)) : row.error();
}

Result<std::vector<StoreWriter::Impl::Subject>> StoreWriter::Impl::subjects(
    const std::vector<PointId>& points)
{
    if (failed) {
        return *failed;
    }
    // In pieces: SQLite bounds the length of a statement.
    constexpr std::size_t piece = 10'000;
    std::vector<Subject> out;
    for (std::size_t first = 0; first < points.size(); first += piece) {
        const std::vector<PointId> some(points.begin() + static_cast<std::ptrdiff_t>(first),
            points.begin() + static_cast<std::ptrdiff_t>(std::min(first + piece, points.size())));
        auto found = subjectsWhere("p.id IN (" + listed(some) + ')');
        if (!found) {
            return found;
        }
        out.insert(out.end(), found->begin(), found->end());
    }
    if (out.empty()) {
        return Error { database->file(), {}, "these points are not there, or not any more",
            "prismctl points lists those that are" };
    }
    return out;
}

Result<std::vector<StoreWriter::Impl::Subject>> StoreWriter::Impl::subjectsOf(
    const std::vector<RunId>& wanted)
{
    if (failed) {
        return *failed;
    }
    const auto said = Words::load(*database);
    if (!said) {
        return said.error();
    }
    std::vector<PointId> moved; ///< by a word on a twin
    for (const auto& [point, about] : said->points()) {
        if (about.run != 0 && !about.elsewhere.empty()
            && std::find(wanted.begin(), wanted.end(), about.run) != wanted.end()) {
            moved.push_back(point);
        }
    }
    const std::string ids = listed(wanted);
    auto all = subjectsWhere("p.run IN (" + ids
        + ") OR (s.sha256, p.idx) IN (SELECT w.subject, w.idx FROM word w"
          " JOIN run r ON r.uid = w.value WHERE w.field = 'run' AND r.id IN ("
        + ids + ")) OR p.id IN (" + listed(moved) + ')');
    if (all) {
        std::erase_if(*all, [&](const Subject& subject) {
            return std::find(wanted.begin(), wanted.end(), subject.run) == wanted.end();
        });
    }
    return all;
}

Result<RunRecord> StoreWriter::Impl::runRecord(RunId id)
{
    auto statement = database->prepare("SELECT uid, label, producer FROM run WHERE id = ?", false);
    const auto spoken = Words::load(*database);
    if (!statement || !spoken) {
        return !statement ? statement.error() : spoken.error();
    }
    statement->start(id);
    auto row = statement->next();
    if (!row || !*row) {
        return row ? Error { database->file(), {}, "there is no run " + std::to_string(id),
            "prismctl runs lists them" }
                   : row.error();
    }
    RunRecord run;
    run.id = id;
    run.uid = statement->string(0);
    run.label = statement->string(1);
    run.producer = statement->string(2);
    if (const auto* said = spoken->ofRun(run.uid)) {
        apply(*said, run);
    }
    return run;
}

Result<Edit> StoreWriter::changeTags(const std::vector<RunId>& runs, const std::vector<std::string>& add,
    const std::vector<std::string>& remove)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    for (const std::string& tag : add) {
        if (tag.empty() || tag.find_first_of(",\n\r\t") != std::string::npos) {
            return Error { {}, {}, '"' + tag + "\" cannot be a tag", "A tag is some words without a comma" };
        }
    }
    const auto said = Words::load(*m_impl->database);
    if (!said) {
        return said.error();
    }
    std::vector<EditStep> steps;
    for (const RunId id : runs) {
        const auto run = m_impl->runRecord(id);
        if (!run) {
            return run.error();
        }
        std::vector<std::string> tags = run->tags;
        std::erase_if(tags, [&](const std::string& tag) {
            return std::find(remove.begin(), remove.end(), tag) != remove.end();
        });
        for (const std::string& tag : add) {
            if (std::find(tags.begin(), tags.end(), tag) == tags.end()) {
                tags.push_back(tag);
            }
        }
        Impl::addRunWord(steps, *said, run->uid, "tags", joined(tags));
    }
    const std::string which = counted(runs.size(), "run");
    const std::string text = remove.empty() && add.size() == 1 ? "Tag " + which + " \"" + add[0] + '"'
        : add.empty() && remove.size() == 1 ? "Take the tag \"" + remove[0] + "\" off " + which
                                            : "Change the tags of " + which;
    return m_impl->edit(text, steps,
        add.empty()          ? "these runs do not have " + tagsText(remove)
            : remove.empty() ? "these runs have " + tagsText(add) + " already"
                             : "these runs have " + tagsText(add) + " already, and not " + tagsText(remove),
        {});
}

Result<Edit> StoreWriter::setPointWord(
    const std::vector<PointId>& points, const std::string& field, const std::string& value)
{
    const auto word = checked(field, value);
    const auto subjects = m_impl->subjects(points);
    const auto said = Words::load(*m_impl->database);
    if (!word || !subjects || !said) {
        return !word ? word.error() : !subjects ? subjects.error() : said.error();
    }
    std::vector<EditStep> steps;
    steps.reserve(subjects->size());
    bool saidOfRun = false;
    for (const Impl::Subject& subject : *subjects) {
        Impl::addWord(steps, *said, subject, field, *word);
        const auto words = said->said(subject.point, subject.fileRun);
        saidOfRun = saidOfRun || (words && saidOfTheRun(*words, field));
    }
    return m_impl->edit(describeWord(counted(subjects->size(), "point"), field, *word), steps,
        word->empty() && saidOfRun ? "it is said of the whole run, and can be taken back there"
                                   : "there is nothing to change: it is so already",
        {});
}

Result<Edit> StoreWriter::Impl::setRunAttribute(
    const std::vector<RunId>& of, const std::string& field, const std::string& value)
{
    const auto word = checked(field, value);
    const auto points = subjectsOf(of);
    const auto said = Words::load(*database);
    if (!word || !points || !said) {
        return !word ? word.error() : !points ? points.error() : said.error();
    }
    std::vector<EditStep> steps;
    for (const RunId id : of) {
        const auto run = runRecord(id);
        if (!run) {
            return run.error();
        }
        addRunWord(steps, *said, run->uid, field, *word);
    }
    for (const Subject& point : *points) {
        if (const PointWords* own = said->of(point.point); own && saidOfItself(*own, field)) {
            addWord(steps, *said, point, field, {});
        }
    }
    return edit(describeWord(counted(of.size(), "run"), field, *word), steps,
        "there is nothing to change: it is so already", {});
}

Result<RunId> StoreWriter::Impl::runApart(const std::vector<Subject>& points, std::string& uid)
{
    const auto of = runRecord(points.front().run);
    if (!of) {
        return of.error();
    }
    std::string key = "apart\n";
    for (const Subject& point : points) {
        key += pointUid(point.sha256, static_cast<std::uint32_t>(point.index)) + '\n';
    }
    uid = shortHash(key);
    auto known = database->prepare("SELECT id FROM run WHERE uid = ?", false);
    if (!known) {
        return known.error();
    }
    known->start(uid);
    const auto row = known->next();
    if (!row) {
        return row.error();
    }
    if (*row) {
        return known->integer(0);
    }
    const RunId id = nextRun++;
    auto made = insertRun.run(id, uid, of->label, of->producer);
    if (made) {
        made = writeCounters();
    }
    return made ? Result<RunId>(id) : made.error();
}

Result<Edit> StoreWriter::regroup(const std::vector<PointId>& points, std::optional<RunId> into)
{
    const auto subjects = m_impl->subjects(points);
    const auto target = into && subjects ? m_impl->runRecord(*into) : Result<RunRecord>(RunRecord {});
    const auto said = Words::load(*m_impl->database);
    if (!subjects || !target || !said) {
        return !subjects ? subjects.error() : !target ? target.error() : said.error();
    }
    std::vector<EditStep> steps;
    std::vector<std::size_t> own; ///< those that put a point there, not those that take another word back
    for (const Impl::Subject& subject : *subjects) {
        if (!into || subject.run != *into) {
            Impl::addWord(
                steps, *said, subject, "run", into == subject.fileRun ? std::string() : target->uid);
            own.push_back(steps.size() - 1);
        }
    }
    const std::string which = counted(subjects->size(), "point");
    const auto makeApart = [&]() -> Result<void> {
        std::string uid;
        const auto made = into ? Result<RunId>(*into) : m_impl->runApart(*subjects, uid);
        for (const std::size_t step : own) {
            steps[step].value = into ? steps[step].value : uid;
        }
        return made ? Result<void>() : Result<void>(made.error());
    };
    return m_impl->edit(into ? "Move " + which + " to another run" : "Make a run of " + which, steps,
        "these points are in that run already", {}, makeApart);
}

Result<Edit> StoreWriter::regroupAsFiled(const std::vector<PointId>& points)
{
    const auto subjects = m_impl->subjects(points);
    const auto said = Words::load(*m_impl->database);
    if (!subjects || !said) {
        return !subjects ? subjects.error() : said.error();
    }
    std::vector<EditStep> steps;
    for (const Impl::Subject& subject : *subjects) {
        Impl::addWord(steps, *said, subject, "run", {});
    }
    return m_impl->edit("Take " + counted(subjects->size(), "point") + " back to the run of the file", steps,
        "these points are in the runs of their files", {});
}

Result<Edit> StoreWriter::merge(const std::vector<RunId>& runs)
{
    const auto points = m_impl->subjectsOf(runs);
    const auto said = Words::load(*m_impl->database);
    if (!points || !said) {
        return !points ? points.error() : said.error();
    }
    std::vector<RunRecord> records;
    for (const RunId id : runs) {
        auto run = m_impl->runRecord(id);
        if (!run) {
            return run.error();
        }
        if (!records.empty() && run->evidence != records[0].evidence) {
            return Error { m_impl->database->file(), {}, "these runs differ in their evidence",
                "Set the same evidence on all of them first" };
        }
        records.push_back(std::move(*run));
    }
    std::vector<EditStep> steps;
    for (const Impl::Subject& point : *points) {
        if (point.run != runs.front()) {
            Impl::addWord(
                steps, *said, point, "run", point.fileRun == runs.front() ? std::string() : records[0].uid);
            // What was said of its run and would be another word there stays its own.
            const auto now = said->said(point.point, point.fileRun);
            const auto then = said->saidOfRuns(runs.front(), point.fileRun);
            for (const Word& word : now ? now->words : std::vector<Word>()) {
                if (word.ofRun && std::none_of(then.begin(), then.end(), [&](const Word& other) {
                        return other.field == word.field && other.value == word.value;
                    })) {
                    steps.push_back(wordStep(point.sha256, point.index, word.field, word.value));
                }
            }
        }
    }
    if (steps.empty()) {
        return Error { m_impl->database->file(), {}, "there is nothing to merge: it takes points of two runs",
            {} };
    }
    std::vector<std::string> tags;
    std::vector<std::string> notes;
    for (const RunRecord& run : records) {
        for (const std::string& tag : run.tags) {
            if (std::find(tags.begin(), tags.end(), tag) == tags.end()) {
                tags.push_back(tag);
            }
        }
        if (!run.note.empty() && std::find(notes.begin(), notes.end(), run.note) == notes.end()) {
            notes.push_back(run.note);
        }
    }
    Impl::addRunWord(steps, *said, records[0].uid, "tags", joined(tags));
    Impl::addRunWord(steps, *said, records[0].uid, "note", joined(notes));
    return m_impl->edit("Merge " + counted(runs.size(), "run") + " into one", steps, "nothing changes", {});
}

std::map<std::string, std::vector<Warning>> StoreWriter::takeLostWords()
{
    return std::exchange(m_impl->lostWords, {});
}

} // namespace prism
