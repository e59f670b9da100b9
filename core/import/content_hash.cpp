// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/content_hash.h"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace prism {

void ContentHash::Free::operator()(void* context) const
{
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

ContentHash::ContentHash()
    : m_context(EVP_MD_CTX_new())
{
    if (!m_context
        || EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(m_context.get()), EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc();
    }
}

ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;

void ContentHash::add(std::span<const char> bytes)
{
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(m_context.get()), bytes.data(), bytes.size());
}

std::string ContentHash::hex()
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw {};
    unsigned size = 0;
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(m_context.get()), raw.data(), &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out += digits[raw[i] >> 4];
        out += digits[raw[i] & 15];
    }
    return out;
}

std::string ContentHash::of(std::string_view text)
{
    ContentHash hash;
    hash.add(text);
    return hash.hex();
}

} // namespace prism
