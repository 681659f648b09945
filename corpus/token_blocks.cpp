#include "corpus/token_blocks.h"

#include <algorithm>

#include "corpus/base/binary_io.h"
#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

// The numbers one after another; room for the longest is made once, since this is done for every token of a corpus.
void put_varints(std::string& out, std::span<const TermId> values) {
  constexpr std::size_t kLongest = 5;
  const std::size_t used = out.size();
  out.resize(used + values.size() * kLongest);
  char* place = out.data() + used;
  for (const TermId value : values) {
    auto rest = static_cast<std::uint32_t>(value);
    while (rest >= 0x80) {
      *place++ = static_cast<char>(rest | 0x80U);
      rest >>= 7U;
    }
    *place++ = static_cast<char>(rest);
  }
  out.resize(static_cast<std::size_t>(place - out.data()));
}

template <typename Visit>
void read_lengths(std::string_view bytes, const Visit& visit) {
  BinaryReader reader(bytes, "token_blocks.lengths");
  DocumentLength length;
  while (!reader.at_end()) {
    length.document += static_cast<std::int64_t>(reader.varint());
    length.tokens = static_cast<std::int64_t>(reader.varint());
    visit(length);
  }
}

void read_row(BinaryReader& reader, const DocumentLength& length, TokenSequences& out) {
  if (static_cast<std::uint64_t>(length.tokens) > reader.remaining()) reader.fail("says it has more tokens than bytes");
  for (std::int64_t i = 0; i < length.tokens; ++i) out.terms.push_back(static_cast<TermId>(reader.varint()));
  out.row_ids.push_back(length.document);
  out.offsets.push_back(out.terms.size());
}

// The two columns of a row, valid until the statement steps on.
struct BlockBytes {
  std::string_view lengths;
  std::string_view terms;
};

void read_block(const BlockBytes& bytes, TokenSequences& out) {
  BinaryReader reader(bytes.terms, "token_blocks.terms");
  read_lengths(bytes.lengths, [&](const DocumentLength& length) { read_row(reader, length, out); });
  if (!reader.at_end()) reader.fail("has bytes left over");
}

// A block's row of the table, and the ascending ids that are looked for in it.
struct WantedBlock {
  std::int64_t first_document = 0;
  BlockBytes bytes;
  std::span<const std::int64_t> documents;
};

// Calls visit(block) for every block that may hold some of the ascending ids.
template <typename Visit>
void for_each_block_of(const Database& database, std::span<const std::int64_t> documents, const Visit& visit) {
  Statement select = database.prepare(
      "SELECT first_document, last_document, lengths, terms FROM token_blocks WHERE first_document <= ? "
      "ORDER BY first_document DESC LIMIT 1");
  for (std::size_t i = 0; i < documents.size();) {
    select.bind(1, documents[i]);
    if (!select.step()) {
      select.reset();
      ++i;
      continue;
    }
    const auto first = documents.begin() + static_cast<std::ptrdiff_t>(i);
    const auto past = std::upper_bound(first, documents.end(), std::max(select.integer(1), documents[i]));
    visit(WantedBlock{select.integer(0), {select.blob(2), select.blob(3)}, {first, past}});
    select.reset();
    i = static_cast<std::size_t>(past - documents.begin());
  }
}

// Appends the rows of the wanted documents, passing over the others without decoding them.
void read_wanted(const WantedBlock& block, TokenSequences& out) {
  BinaryReader reader(block.bytes.terms, "token_blocks.terms");
  auto wanted = block.documents.begin();
  read_lengths(block.bytes.lengths, [&](const DocumentLength& length) {
    while (wanted != block.documents.end() && *wanted < length.document) ++wanted;
    if (wanted == block.documents.end()) return;
    if (*wanted == length.document) {
      read_row(reader, length, out);
    } else {
      reader.skip_varints(static_cast<std::uint64_t>(length.tokens));
    }
  });
}

void append_row(const TokenSequences& block, std::size_t row, TokenSequences& out) {
  const auto tokens = block.row(row);
  out.row_ids.push_back(block.row_ids[row]);
  out.terms.insert(out.terms.end(), tokens.begin(), tokens.end());
  out.offsets.push_back(out.terms.size());
}

}  // namespace

void TokenBlock::add(std::int64_t document, std::span<const TermId> tokens) {
  lengths_.push_back({document, static_cast<std::int64_t>(tokens.size())});
  put_varints(terms_, tokens);
}

void TokenBlock::clear() {
  lengths_.clear();
  terms_.clear();
}

void TokenBlock::save(Database& database) const {
  if (empty()) return;
  std::string lengths;
  std::int64_t previous = 0;
  for (const DocumentLength& length : lengths_) {
    put_varint(lengths, static_cast<std::uint64_t>(length.document - previous));
    put_varint(lengths, static_cast<std::uint64_t>(length.tokens));
    previous = length.document;
  }
  Statement insert = database.prepare("INSERT OR REPLACE INTO token_blocks VALUES(?, ?, ?, ?)");
  insert.bind(1, lengths_.front().document).bind(2, lengths_.back().document);
  insert.bind_blob(3, lengths).bind_blob(4, terms_).run();
}

void for_each_length(const Database& database, const std::function<void(const DocumentLength&)>& visit) {
  Statement select = database.prepare("SELECT lengths FROM token_blocks ORDER BY first_document");
  while (select.step()) read_lengths(select.blob(0), visit);
}

TokenSequences load_tokens(const Database& database) {
  TokenSequences tokens;
  Statement select = database.prepare("SELECT lengths, terms FROM token_blocks ORDER BY first_document");
  while (select.step()) read_block({select.blob(0), select.blob(1)}, tokens);
  return tokens;
}

TokenSequences load_tokens(const Database& database, std::span<const std::int64_t> documents) {
  TokenSequences tokens;
  for_each_block_of(database, documents, [&](const WantedBlock& block) { read_wanted(block, tokens); });
  return tokens;
}

TokenSequences remove_tokens(Database& database, std::span<const std::int64_t> documents) {
  TokenSequences removed;
  Statement erase = database.prepare("DELETE FROM token_blocks WHERE first_document = ?");
  for_each_block_of(database, documents, [&](const WantedBlock& wanted) {
    TokenSequences block;
    read_block(wanted.bytes, block);
    TokenBlock kept;
    for (std::size_t row = 0; row < block.rows(); ++row) {
      if (std::binary_search(wanted.documents.begin(), wanted.documents.end(), block.row_ids[row])) {
        append_row(block, row, removed);
      } else {
        kept.add(block.row_ids[row], block.row(row));
      }
    }
    erase.bind(1, wanted.first_document).run();
    kept.save(database);
  });
  return removed;
}

TokenBlock reopen_last_block(Database& database) {
  TokenBlock last;
  TokenSequences tokens;
  {
    Statement select = database.prepare("SELECT lengths, terms FROM token_blocks ORDER BY first_document DESC LIMIT 1");
    if (!select.step()) return last;
    read_block({select.blob(0), select.blob(1)}, tokens);
  }
  for (std::size_t row = 0; row < tokens.rows(); ++row) last.add(tokens.row_ids[row], tokens.row(row));
  if (last.full()) return {};
  Statement erase = database.prepare("DELETE FROM token_blocks WHERE first_document = ?");
  erase.bind(1, tokens.row_ids.front()).run();
  return last;
}

}  // namespace malmoi::corpus
