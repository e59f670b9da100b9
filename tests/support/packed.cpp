// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/packed.h"

#include <QtGlobal>

#include <archive.h>
#include <archive_entry.h>

namespace prism::test {

namespace {

la_ssize_t collect(archive*, void* self, const void* bytes, std::size_t size)
{
    static_cast<std::string*>(self)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

void addFilter(archive* handle, Packing packing)
{
    switch (packing) {
    case Packing::None:
        break;
    case Packing::Gzip:
        archive_write_add_filter_gzip(handle);
        break;
    case Packing::Zstd:
        archive_write_add_filter_zstd(handle);
        break;
    case Packing::Xz:
        archive_write_add_filter_xz(handle);
        break;
    case Packing::Bzip2:
        archive_write_add_filter_bzip2(handle);
        break;
    }
}

void addMember(archive* handle, const PackedMember& member)
{
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, 0);
    switch (member.kind) {
    case PackedMember::File:
        archive_entry_set_size(entry, static_cast<la_int64_t>(member.bytes.size()));
        break;
    case PackedMember::Symlink:
        archive_entry_set_filetype(entry, AE_IFLNK);
        archive_entry_set_symlink(entry, member.bytes.c_str());
        break;
    case PackedMember::Hardlink:
        archive_entry_set_hardlink(entry, member.bytes.c_str());
        break;
    case PackedMember::Device:
        archive_entry_set_filetype(entry, AE_IFCHR);
        break;
    case PackedMember::Folder:
        archive_entry_set_filetype(entry, AE_IFDIR);
        break;
    }
    if (archive_write_header(handle, entry) != ARCHIVE_OK) {
        qFatal("archive: %s", archive_error_string(handle));
    }
    if (member.kind == PackedMember::File && !member.bytes.empty()) {
        archive_write_data(handle, member.bytes.data(), member.bytes.size());
    }
    archive_entry_free(entry);
}

std::string write(const std::vector<PackedMember>& members, Packing packing, int (*setFormat)(archive*))
{
    std::string out;
    archive* handle = archive_write_new();
    setFormat(handle);
    addFilter(handle, packing);
    archive_write_set_bytes_per_block(handle, 0);
    archive_write_open(handle, &out, nullptr, collect, nullptr);
    for (const PackedMember& member : members) {
        addMember(handle, member);
    }
    archive_write_close(handle);
    archive_write_free(handle);
    return out;
}

} // namespace

std::string packed(const std::string& bytes, Packing packing)
{
    return write({ { "data", bytes, PackedMember::File } }, packing, archive_write_set_format_raw);
}

std::string zipOf(const std::vector<PackedMember>& members)
{
    return write(members, Packing::None, archive_write_set_format_zip);
}

std::string tarOf(const std::vector<PackedMember>& members, Packing packing)
{
    return write(members, packing, archive_write_set_format_pax_restricted);
}

} // namespace prism::test
