// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"
#include "core/import/sink.h"
#include "core/read/text.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace prism::formats {

/// One test, however it is encoded: a field is its text and its place.
class LlamaBenchRecord {
public:
    struct Field {
        std::string name;
        read::KeptCell value;
        const read::Node* node = nullptr;
    };
    std::vector<Field> fields;

    const Field* find(std::string_view name) const
    {
        const auto it
            = std::find_if(fields.begin(), fields.end(), [name](const Field& f) { return f.name == name; });
        return it == fields.end() ? nullptr : &*it;
    }
    std::string text(std::string_view name) const
    {
        const Field* field = find(name);
        return field ? field->value.text : std::string();
    }
    double number(std::string_view name) const
    {
        const Field* field = find(name);
        return field ? field->value.value().value_or(0) : 0;
    }
    /// "tg64@pp128" of ik_llama.cpp: a generation behind a prompt whose time is not counted.
    bool isBehindPrompt() const { return text("test").find("@pp") != std::string::npos; }
};

/// Names of the fields that give a test's speed.
struct LlamaBenchRate {
    std::string_view value;
    std::string_view deviation;
};

/// The speed of a test, by its kind that of the prompt, of the generation or of both.
void mapLlamaBenchRates(PointWriter& point, const LlamaBenchRecord& record, LlamaBenchRate names);
/// What the quantisation of a model class such as "qwen3moe 30B.A3B Q4_K - Medium" is called, from the field
/// of this name.
void mapLlamaBenchPrecision(PointWriter& point, const LlamaBenchRecord& record, std::string_view name);
void mapLlamaBenchText(
    PointWriter& point, std::string_view attribute, const LlamaBenchRecord& record, std::string_view name);
/// Prompt, generation and depth.
void mapLlamaBenchLengths(PointWriter& point, const LlamaBenchRecord& record);
/// The types of both halves of the KV cache. A table names one of them only where the other has its default,
/// which it does not state: then there is none.
void mapLlamaBenchCache(PointWriter& point, const LlamaBenchRecord& record);
/// A whole record of JSON, CSV or SQL.
void mapLlamaBenchRecord(PointWriter& point, const LlamaBenchRecord& record);

} // namespace prism::formats
