// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/tree_builder.h"

#include "core/read/errors.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <new>

namespace prism::read {

namespace {

/// The value of a number's text, NaN and infinities included.
double valueOf(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) {
        return value;
    }
    if (const auto exact = parseDecimal(text)) {
        return *exact;
    }
    const double sign = text.substr(0, 1) == "-" ? -1.0 : 1.0;
    return nonFiniteWord(text) == Status::Infinite ? sign * std::numeric_limits<double>::infinity()
                                                   : std::numeric_limits<double>::quiet_NaN();
}

/// False for an integer of so many digits that the nearest double is another number.
bool isHeld(std::string_view text, double value)
{
    constexpr std::size_t safeDigits = 15;
    if (text.size() <= safeDigits || text.find_first_not_of("+-0123456789") != std::string_view::npos) {
        return true;
    }
    std::int64_t integer = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    constexpr double limit = 9223372036854775808.0;
    return error == std::errc() && end == text.data() + text.size() && value >= -limit && value < limit
        && static_cast<std::int64_t>(value) == integer;
}

} // namespace

TreeBuilder::TreeBuilder(const Plan& plan, DocumentHandler& handler)
    : m_budgets(plan.budgets)
    , m_sampleElements(plan.sampleElements)
    , m_sampleStringBytes(plan.sampleStringBytes)
    , m_patterns(plan)
    , m_handler(handler)
{
    if (m_patterns.tooMany()) {
        fail({ {}, {}, "the plan for reading this file has more than 64 patterns", {} });
    }
}

void TreeBuilder::begin(std::optional<std::size_t> number)
{
    m_documentArena.clear();
    m_elementArena.clear();
    m_open.clear();
    m_root = nullptr;
    m_element = nullptr;
    m_documentNodes = 0;
    m_elementNodes = 0;
    m_number = number;
    m_skipDepth = 0;
    m_run.clear();
    m_elementsHanded = 0;
    if (m_search) {
        m_search->first.open = m_search->numbered.open = false;
    }
}

void TreeBuilder::setNumber(std::optional<std::size_t> number)
{
    m_number = number;
    if (m_root) {
        m_root->m_numbered = number.has_value();
        m_root->m_index = static_cast<std::uint32_t>(number.value_or(0));
    }
}

bool TreeBuilder::fail(Error error)
{
    if (!m_error) {
        m_error = std::move(error);
    }
    return false;
}

bool TreeBuilder::key(std::string_view text)
{
    if (m_skipDepth == 0) {
        m_key.assign(text);
    }
    return true;
}

bool TreeBuilder::skipsNext()
{
    if (m_skipDepth > 0 || m_search) {
        return true;
    }
    if (m_open.empty() || m_open.back().alive == 0) {
        return false;
    }
    return m_patterns.skips(stepToChild(m_patterns), m_open.size());
}

/// Patterns that are alive for the value that begins now.
PathPatterns::Set TreeBuilder::stepToChild(const PathPatterns& patterns) const
{
    const Open& parent = m_open.back();
    return parent.node->isObject() ? patterns.step(parent.alive, m_open.size(), m_key)
                                   : patterns.step(parent.alive, m_open.size(), parent.next);
}

/// Decides what becomes of the value that begins now, and which patterns live on below it.
TreeBuilder::Fate TreeBuilder::arrive(bool& streams, PathPatterns::Set& alive, Place place)
{
    if (m_search) {
        return arriveInSearch(alive, place);
    }
    const std::size_t depth = m_open.size();
    if (m_sampleElements > 0 && !m_open.empty() && m_open.back().node->isArray()
        && m_open.back().next >= m_sampleElements) {
        ++m_open.back().next;
        return Fate::Skip;
    }
    if (m_open.empty()) {
        alive = m_patterns.all();
    } else if (m_open.back().alive != 0) {
        alive = stepToChild(m_patterns);
    }
    if (alive == 0) {
        return Fate::Keep;
    }
    if (!m_open.empty() && m_patterns.skips(alive, depth)) {
        Open& parent = m_open.back();
        if (parent.run) {
            runBecomesNodes();
        }
        ++parent.next;
        if (parent.node->isArray()) {
            ++parent.node->m_size;
        }
        return Fate::Skip;
    }
    const bool inElement = m_element || (!m_open.empty() && m_open.back().streamed);
    streams = !inElement && m_patterns.streams(alive, depth);
    return Fate::Keep;
}

Node* TreeBuilder::addNode(Kind kind, Place place)
{
    Open* parent = m_open.empty() ? nullptr : &m_open.back();
    const bool isElement = parent && parent->streamed;
    const bool inElement = isElement || m_element;
    Arena& memory = inElement ? m_elementArena : m_documentArena;
    ++(inElement ? m_elementNodes : m_documentNodes);

    Node* node = new (memory.allocate(sizeof(Node))) Node;
    node->m_kind = kind;
    node->m_byte = place.byte;
    node->m_line = place.line;
    node->m_column = place.column;
    if (!parent) {
        m_root = node;
        setNumber(m_number);
    } else {
        node->m_parent = parent->node;
        node->m_index = parent->next++;
        ++parent->node->m_size;
        if (parent->node->isObject()) {
            node->m_key = memory.copy(m_key);
            node->m_keySize = static_cast<std::uint32_t>(m_key.size());
        }
    }
    if (isElement) {
        m_element = node;
    } else if (parent) {
        (parent->last ? parent->last->m_next : parent->node->m_first) = node;
        parent->last = node;
    }
    return checkBudget(place) ? node : nullptr;
}

bool TreeBuilder::checkBudget(Place place)
{
    if (m_documentNodes + m_elementNodes > m_budgets.nodes) {
        return fail(overBudget(
            "more than " + std::to_string(m_budgets.nodes) + " values in one document", place.text()));
    }
    const std::size_t run = m_run.size() * (sizeof(double) + sizeof(RunText)) + m_runText.size();
    if (m_documentArena.used() + m_elementArena.used() + run > m_budgets.treeBytes) {
        return fail(
            overBudget("a document that needs more than " + sizeText(m_budgets.treeBytes), place.text()));
    }
    return true;
}

bool TreeBuilder::beginContainer(Kind kind, Place place)
{
    if (failed()) {
        return false;
    }
    if (m_skipDepth > 0) {
        ++m_skipDepth;
        return true;
    }
    bool streams = false;
    PathPatterns::Set alive = 0;
    if (arrive(streams, alive, place) == Fate::Skip) {
        m_skipDepth = 1;
        return true;
    }
    if (m_open.size() >= m_budgets.depth) {
        return fail(overBudget("values nested deeper than " + std::to_string(m_budgets.depth), place.text()));
    }
    if (!m_open.empty() && m_open.back().run && !runBecomesNodes()) {
        return false;
    }
    Node* node = addNode(kind, place);
    if (!node) {
        return false;
    }
    node->m_first = nullptr;
    const bool run = kind == Kind::Array && !streams;
    if (run) {
        m_run.clear();
        m_runPlaces.clear();
        m_runText.clear();
    }
    m_open.push_back({ node, nullptr, alive, 0, streams, run });
    return true;
}

bool TreeBuilder::endContainer()
{
    if (failed()) {
        return false;
    }
    if (m_skipDepth > 0) {
        if (--m_skipDepth == 0) {
            searchEnds();
        }
        return true;
    }
    Open& open = m_open.back();
    Node& node = *open.node;
    if (open.run && !m_run.empty() && !endRun()) {
        return false;
    }
    if (node.m_kind == Kind::Object && !open.streamed && node.m_size > 1) {
        dropDuplicates(open);
    }
    if (m_mergeKeys && node.m_kind == Kind::Object && !open.streamed) {
        merge(open);
    }
    m_open.pop_back();
    if (m_open.empty()) {
        searchEnds();
    }
    return complete(node);
}

void TreeBuilder::closeAll()
{
    m_skipDepth = 0;
    while (!m_open.empty() && endContainer()) { }
}

void TreeBuilder::dropElement()
{
    const auto element = std::find_if(
        m_open.begin(), m_open.end(), [this](const Open& open) { return open.node == m_element; });
    if (m_element && element != m_open.end()) {
        m_open.erase(element, m_open.end());
        m_element = nullptr;
        m_elementNodes = 0;
        m_elementArena.clear();
        m_run.clear();
        m_skipDepth = 0;
    }
}

bool TreeBuilder::complete(Node& node)
{
    if (&node != m_element) {
        return !failed();
    }
    ++m_elementsHanded;
    auto handed = m_handler.element(node);
    m_element = nullptr;
    m_elementNodes = 0;
    m_elementArena.clear();
    return handed ? !failed() : fail(std::move(handed.error()));
}

bool TreeBuilder::scalar(Kind kind, std::string_view text, Place place)
{
    if (m_skipDepth > 0 || failed()) {
        return !failed();
    }
    bool streams = false;
    PathPatterns::Set alive = 0;
    if (arrive(streams, alive, place) == Fate::Skip) {
        searchEnds();
        return true;
    }
    if (text.size() > m_budgets.stringBytes) {
        return fail(overBudget("a text longer than " + sizeText(m_budgets.stringBytes), place.text()));
    }
    if (!m_open.empty() && m_open.back().run && !runBecomesNodes()) {
        return false;
    }
    Node* node = addNode(kind, place);
    if (!node) {
        return false;
    }
    if (m_sampleStringBytes > 0) {
        text = text.substr(0, m_sampleStringBytes);
    }
    node->m_text = arena().copy(text);
    node->m_textSize = static_cast<std::uint32_t>(text.size());
    return complete(*node);
}

bool TreeBuilder::number(std::string_view text, Place place)
{
    if (m_skipDepth > 0 || failed()) {
        return !failed();
    }
    if (m_search) {
        return scalar(Kind::Number, text, place);
    }
    if (!m_open.empty() && m_open.back().run && m_open.back().alive == 0) {
        const double value = valueOf(text);
        if (isHeld(text, value)) {
            return addToRun(value, text, place);
        }
    } else if (!m_open.empty() && m_open.back().run) {
        bool streams = false;
        PathPatterns::Set alive = 0;
        if (arrive(streams, alive, place) == Fate::Skip) {
            return true;
        }
        const double value = valueOf(text);
        if (isHeld(text, value)) {
            return addToRun(value, text, place);
        }
    }
    return scalar(Kind::Number, text, place);
}

bool TreeBuilder::addToRun(double value, std::string_view text, Place place)
{
    constexpr std::size_t checkEvery = 4096;
    if (m_sampleElements > 0 && m_run.size() >= m_sampleElements) {
        return true;
    }
    m_run.push_back(value);
    m_runText.append(text);
    m_runPlaces.push_back({ place, m_runText.size() });
    ++m_open.back().next;
    return m_run.size() % checkEvery != 0 || checkBudget(place);
}

/// The innermost array holds numbers only: it becomes a Numbers node.
bool TreeBuilder::endRun()
{
    Node& node = *m_open.back().node;
    const std::size_t bytes = m_run.size() * sizeof(double);
    auto* values = static_cast<double*>(arena().allocate(bytes));
    std::memcpy(values, m_run.data(), bytes);
    node.m_kind = Kind::Numbers;
    node.m_numbers = values;
    node.m_size = static_cast<std::uint32_t>(m_run.size());
    m_run.clear();
    m_runText.clear();
    return checkBudget(node.place());
}

/// The innermost array turned out to hold something else too: its numbers become nodes after all.
bool TreeBuilder::runBecomesNodes()
{
    Open& array = m_open.back();
    array.run = false;
    array.next = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < m_run.size(); ++i) {
        Node* node = addNode(Kind::Number, m_runPlaces[i].place);
        if (!node) {
            return false;
        }
        const std::size_t end = m_runPlaces[i].textEnd;
        node->m_text = arena().copy(std::string_view(m_runText).substr(begin, end - begin));
        node->m_textSize = static_cast<std::uint32_t>(end - begin);
        begin = end;
    }
    m_run.clear();
    m_runText.clear();
    return true;
}

} // namespace prism::read
