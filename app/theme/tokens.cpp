// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/tokens.h"

namespace prism::app {

namespace {

Tokens light()
{
    Tokens t;
    t.window = 0xF0F1F3;
    t.base = 0xFFFFFF;
    t.alternate = 0xF6F7F9;
    t.button = 0xE8EAED;
    t.text = 0x1B1F24;
    t.muted = 0x59626D;
    t.disabled = 0x939BA5;
    t.border = 0xC2C7CE;
    t.control = t.axis = 0x868E98;
    t.grid = 0xE5E8EC;
    t.selection = 0xCFE0FA;
    t.selectionText = 0x12161B;
    t.accent = 0x1F5FBF;
    t.good = 0x17713F;
    t.bad = 0xB00020;
    t.warn = 0x8A5A00;
    t.loss = 0x7B8490;
    t.sourceHighlight = 0xFFF0B8;
    t.facetBar = 0xD5DEEC;
    t.facetTicked = 0xB9D0F2;
    t.tooltip = t.base;
    t.heat = { 0xDBEFF9, 0xAFDBF6, 0x80BFF1, 0x5EA1E7, 0x4B85D8, 0x436CC5, 0x3E53AB, 0x373A8B, 0x2B1F64 };
    t.stages = { 0xCA8500, 0x817484, 0x832298, 0x4E97DE, 0xB00020, 0x36373F };
    return t;
}

Tokens dark()
{
    Tokens t;
    t.window = 0x26292D;
    t.base = 0x1A1D20;
    t.alternate = 0x202327;
    t.button = 0x33373C;
    t.text = 0xE4E7EA;
    t.muted = 0xA2AAB4;
    t.disabled = 0x6E7680;
    t.border = 0x42474D;
    t.control = t.axis = 0x7D8690;
    t.grid = 0x2C3035;
    t.selection = 0x24456F;
    t.selectionText = 0xFFFFFF;
    t.accent = 0x6AA5F7;
    t.good = 0x56C58A;
    t.bad = 0xFF6A55;
    t.warn = 0xE5B454;
    t.loss = 0x8B949E;
    t.sourceHighlight = 0x3D3614;
    t.facetBar = 0x2B3644;
    t.facetTicked = 0x2C4A72;
    t.tooltip = t.grid;
    t.heat = { 0x272852, 0x314079, 0x33599B, 0x3273B6, 0x358CCB, 0x46A8DB, 0x6DC6E8, 0xA2E2F2, 0xD8F9FD };
    t.stages = { 0xFFDC5A, 0x988A9B, 0xA79BFF, 0x306DA8, 0xFF6A55, 0xE3F0FE };
    return t;
}

Tokens highContrast()
{
    Tokens t = dark(); // heat and stages are the dark ones
    t.window = t.base = t.button = t.tooltip = QColor(Qt::black);
    t.alternate = 0x0C0C0C;
    t.text = t.border = 0xFFFFFF;
    t.muted = t.control = t.axis = t.loss = 0xD6D6D6;
    t.disabled = 0x9A9A9A;
    t.grid = 0x4A4A4A;
    t.selection = t.accent = 0xFFE24A;
    t.selectionText = QColor(Qt::black);
    t.good = 0x5CF29B;
    t.bad = 0xFF9A9A;
    t.warn = 0xFFD24A;
    t.sourceHighlight = 0x4A4100;
    t.facetBar = 0x3A3A3A;
    t.facetTicked = 0x555555;
    return t;
}

} // namespace

const Tokens& tokensOf(Variant variant)
{
    static const Tokens lightTokens = light();
    static const Tokens darkTokens = dark();
    static const Tokens highTokens = highContrast();
    switch (variant) {
    case Variant::Light:
        return lightTokens;
    case Variant::Dark:
        return darkTokens;
    case Variant::HighContrast:
        break;
    }
    return highTokens;
}

} // namespace prism::app
