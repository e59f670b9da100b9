// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/records_json.h"

#include "core/export/json_text.h"

namespace prism {

namespace {

void append(JsonText& json, const std::vector<Warning>& warnings)
{
    json.key("warnings").array();
    for (const Warning& w : warnings) {
        json.object().member("code", w.code).member("text", w.text).memberIfAny("path", w.path);
        json.member("severity", w.severity == Severity::Note ? "note" : "warning").endObject();
    }
    json.endArray();
}

void append(JsonText& json, const AttributeValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) {
        json.text(*text);
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        json.number(*whole);
    } else if (const auto* flag = std::get_if<bool>(&value)) {
        json.flag(*flag);
    } else {
        json.number(std::get<double>(value));
    }
}

void append(JsonText& json, const Attribute& a)
{
    json.key(a.name).object().key("value");
    append(json, a.value);
    json.memberIfAny("given", a.given).memberIfAny("path", a.path);
    if (a.origin != Origin::Reported) {
        json.member("origin", name(a.origin));
    }
    json.endObject();
}

void append(JsonText& json, const Measure& m)
{
    json.object().member("metric", m.metric->id).member("stat", m.stat.name());
    if (m.status == Status::Ok) {
        json.member("value", m.value);
    }
    json.member("unit", symbol(unitOf(*m.metric, m.stat)));
    json.member("origin", name(m.origin)).member("status", name(m.status));
    json.memberIfAny("path", m.path).memberIfAny("given", m.given).memberIfAny("semantics", m.semantics);
    json.memberIfAny("formula", m.formula).endObject();
}

void appendWord(JsonText& json, const Word& word)
{
    json.member("field", word.field).member("value", word.value).memberIfAny("before", word.before);
    json.memberIfAny("said_at", word.saidAt).memberIfAny("said_by", word.saidBy);
    if (word.ofRun) {
        json.member("of_run", true);
    }
}

/// What the user said, beside what it led to.
void append(JsonText& json, const std::vector<Word>& words)
{
    if (words.empty()) {
        return;
    }
    json.key("words").array();
    for (const Word& word : words) {
        json.object();
        appendWord(json, word);
        json.endObject();
    }
    json.endArray();
}

void append(JsonText& json, const std::vector<OtherMeaning>& judgedOtherwise)
{
    if (judgedOtherwise.empty()) {
        return;
    }
    json.key("judged_otherwise").array();
    for (const OtherMeaning& other : judgedOtherwise) {
        json.object().member("metric", other.metric->id).member("stat", other.stat.name());
        json.member("semantics", other.meaning).endObject();
    }
    json.endArray();
}

} // namespace

std::string toJson(const FileResult& result)
{
    JsonText json;
    json.object().member("source", result.source);
    if (!result.sources.empty()) {
        json.key("sources").array();
        for (const std::string& source : result.sources) {
            json.text(source);
        }
        json.endArray();
    }
    json.memberIfAny("sha256", result.sha256).member("outcome", name(result.outcome));
    json.memberIfAny("producer", result.producer);
    json.member("runs", result.runs).member("points", result.points).member("requests", result.requests);
    json.key("counts").object();
    for (const auto& [what, count] : result.counts) {
        json.member(what, count);
    }
    json.endObject();
    append(json, result.warnings);
    if (result.reason) {
        json.member("reason", result.reason->text());
    }
    return json.endObject().take();
}

std::string toJson(
    const PointDetail& point, const SourceRecord& source, const std::vector<OtherMeaning>& judgedOtherwise)
{
    const PointRecord& r = point.record;
    JsonText json;
    json.object().member("id", r.id).member("uid", r.uid).member("run", r.run).member("source", source.path);
    json.member("sha256", source.sha256).member("producer", source.producer).member("index", r.index);
    json.memberIfAny("label", r.label).member("requests", r.requests);
    if (r.fileRun != r.run) {
        json.member("file_run", r.fileRun);
    }
    json.memberIfAny("hidden", point.hiddenBecause());
    json.key("attributes").object();
    for (const Attribute& a : r.attributes) {
        append(json, a);
    }
    json.endObject().key("measures").array();
    for (const Measure& m : point.measures) {
        append(json, m);
    }
    json.endArray();
    append(json, point.words);
    append(json, judgedOtherwise);
    append(json, point.warnings);
    return json.endObject().take();
}

std::string toJson(const RequestRow& row)
{
    JsonText json;
    json.object().member("index", row.index);
    if (row.start) {
        json.member("start_s", row.start->value);
    }
    if (row.ttft) {
        json.member("ttft_ms", row.ttft->value);
    }
    if (row.e2e) {
        json.member("e2e_ms", row.e2e->value);
    }
    if (row.isl) {
        json.member("isl", *row.isl);
    }
    if (row.osl) {
        json.member("osl", *row.osl);
    }
    json.member("ok", row.ok).memberIfAny("error", row.error).memberIfAny("id", row.id);
    if (!row.gapsMs.empty()) {
        json.key("itl_ms").array();
        for (const double gap : row.gapsMs) {
            json.number(gap);
        }
        json.endArray();
    }
    return json.endObject().take();
}

std::string toJson(const RunRecord& run, const std::vector<OtherMeaning>& judgedOtherwise)
{
    JsonText json;
    json.object().member("id", run.id).member("uid", run.uid).memberIfAny("name", run.name);
    json.memberIfAny("label", run.label).member("producer", run.producer).member("points", run.points);
    if (run.hidden > 0) {
        json.member("hidden", run.hidden);
    }
    json.memberIfAny("evidence", run.evidence).memberIfAny("note", run.note);
    if (!run.tags.empty()) {
        json.key("tags").array();
        for (const std::string& tag : run.tags) {
            json.text(tag);
        }
        json.endArray();
    }
    append(json, run.words);
    append(json, judgedOtherwise);
    return json.endObject().take();
}

std::string toJson(const EditRecord& edit)
{
    JsonText json;
    json.object().member("edit", edit.id).member("text", edit.text).member("made_at", edit.madeAt);
    json.memberIfAny("made_by", edit.madeBy).member("undone", edit.undone);
    if (edit.undoes) {
        json.member("undoes", *edit.undoes);
    }
    json.key("changes").array();
    for (const EditRecord::Change& change : edit.changes) {
        json.object().member("of", change.subject);
        if (change.index) {
            json.member("index", *change.index);
        }
        json.member("field", change.field).member("before", change.before).endObject();
    }
    return json.endArray().endObject().take();
}

std::string toJson(const SpokenWord& spoken)
{
    JsonText json;
    json.object().member("of", spoken.subject);
    if (spoken.index) {
        json.member("index", *spoken.index);
    }
    if (spoken.point) {
        json.member("point", *spoken.point);
    }
    if (spoken.run) {
        json.member("run", *spoken.run);
    }
    appendWord(json, spoken.word);
    return json.memberIfAny("lost_at", spoken.lostAt).endObject().take();
}

} // namespace prism
