// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/window.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace prism::read {

/// Memory that is given back all at once. Blocks are kept over clear(), so that a reader of a million small
/// trees allocates only for the largest of them.
class Arena {
public:
    void* allocate(std::size_t size)
    {
        size = (size + alignment - 1) & ~(alignment - 1);
        if (size > m_left) {
            nextBlock(size);
        }
        char* out = m_next;
        m_next += size;
        m_left -= size;
        m_used += size;
        return out;
    }
    const char* copy(std::string_view text)
    {
        if (text.empty()) {
            return nullptr;
        }
        char* out = static_cast<char*>(allocate(text.size()));
        std::memcpy(out, text.data(), text.size());
        return out;
    }
    void clear()
    {
        m_block = 0;
        m_left = 0;
        m_used = 0;
    }
    std::size_t used() const { return m_used; }

private:
    static constexpr std::size_t alignment = alignof(std::max_align_t) / 2;
    static constexpr std::size_t blockSize = windowOf(64u << 10);

    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };

    void nextBlock(std::size_t size)
    {
        while (m_block < m_blocks.size() && m_blocks[m_block].size < size) {
            ++m_block;
        }
        if (m_block == m_blocks.size()) {
            const std::size_t grown = blockSize << std::min<std::size_t>(m_blocks.size(), 4);
            const std::size_t wanted = size > grown ? size : grown;
            m_blocks.push_back({ std::unique_ptr<char[]>(new char[wanted]), wanted });
        }
        m_next = m_blocks[m_block].bytes.get();
        m_left = m_blocks[m_block].size;
        ++m_block;
    }

    std::vector<Block> m_blocks;
    std::size_t m_block = 0; ///< the first block that is not in use
    char* m_next = nullptr;
    std::size_t m_left = 0;
    std::size_t m_used = 0;
};

} // namespace prism::read
