#include "corpus/term_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

constexpr std::size_t kTermsPerBucket = 512;

// The high bits of the hash choose the bucket: a doubled table splits every bucket in two.
std::size_t bucket_of(std::uint64_t hash, std::size_t buckets) {
  return buckets == 1 ? 0 : static_cast<std::size_t>(hash >> (64 - std::bit_width(buckets - 1)));
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escaped(std::string& out, std::string_view term) {
  if (std::none_of(term.begin(), term.end(), needs_escape)) {
    out += term;
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : term) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += {kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
}

void append_number(std::string& out, std::int64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// One line of a bucket, read from the front of `entries`.
class EntryReader {
 public:
  EntryReader(std::string_view entries, std::int64_t bucket) : rest_(entries), bucket_(bucket) {}

  bool next() {
    if (rest_.empty()) return false;
    id_ = number('\t');
    term_ = field('\t');
    documents_ = number('\t');
    occurrences_ = number('\n');
    if (term_.find('\\') != std::string_view::npos) unescape();
    return true;
  }
  [[nodiscard]] std::string_view term() const { return term_; }
  [[nodiscard]] StoredTerm entry() const { return {static_cast<TermId>(id_), documents_, occurrences_}; }

 private:
  std::string_view field(char end) {
    const std::size_t length = std::min(rest_.find(end), rest_.size());
    if (end == '\t' && length == rest_.size()) fail();
    const std::string_view value = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    return value;
  }
  std::int64_t number(char end) {
    const std::string_view digits = field(end);
    std::int64_t value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || value < 0) fail();
    return value;
  }
  void unescape() {
    plain_.clear();
    for (std::size_t i = 0; i < term_.size(); ++i) {
      if (term_[i] == '\\') {
        if (++i == term_.size()) fail();
        if (term_[i] == 'u') {
          unsigned code = 0;
          std::from_chars(term_.data() + i + 1, term_.data() + std::min(i + 5, term_.size()), code, 16);
          append_utf8(plain_, code);
          i += 4;
          continue;
        }
      }
      plain_ += term_[i];
    }
    term_ = plain_;
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::corrupt_data, concat("term_buckets row ", bucket_, ": an entry cannot be read"));
  }

  std::string_view rest_;
  std::int64_t bucket_;
  std::string plain_;
  std::string_view term_;
  std::int64_t id_ = 0;
  std::int64_t documents_ = 0;
  std::int64_t occurrences_ = 0;
};

}  // namespace

void TermTable::grow() {
  documents.resize(static_cast<std::size_t>(texts.size()), 0);
  occurrences.resize(static_cast<std::size_t>(texts.size()), 0);
}

TermTable load_terms(const Database& database) {
  struct Loaded {
    std::string_view term;
    StoredTerm entry;
  };
  TextArena arena;
  std::vector<Loaded> loaded;
  Statement select = database.prepare("SELECT bucket, entries FROM term_buckets ORDER BY bucket");
  while (select.step()) {
    EntryReader reader(select.text(1), select.integer(0));
    while (reader.next()) {
      const auto id = static_cast<std::size_t>(reader.entry().id);
      if (id >= loaded.size()) loaded.resize(std::max(id + 1, loaded.size() + loaded.size() / 2));
      loaded[id] = {arena.keep(reader.term()), reader.entry()};
    }
  }
  while (!loaded.empty() && loaded.back().term.empty()) loaded.pop_back();
  TermTable terms;
  terms.texts.reserve(loaded.size());
  for (const Loaded& item : loaded) {
    if (item.term.empty() || terms.texts.intern(item.term) != item.entry.id) {
      throw Error(ErrorCode::corrupt_data, concat("term_buckets: term ", terms.texts.size(), " is missing or double"));
    }
    terms.documents.push_back(item.entry.documents);
    terms.occurrences.push_back(item.entry.occurrences);
  }
  return terms;
}

std::optional<StoredTerm> find_term(const Database& database, std::string_view term) {
  const std::int64_t buckets = database.query_integer("SELECT value FROM settings WHERE name = 'term_buckets'");
  if (buckets <= 0) return std::nullopt;
  const std::size_t bucket = bucket_of(hash_bytes(term), static_cast<std::size_t>(buckets));
  Statement select = database.prepare("SELECT entries FROM term_buckets WHERE bucket = ?");
  select.bind(1, static_cast<std::int64_t>(bucket));
  if (!select.step()) return std::nullopt;
  EntryReader reader(select.text(0), static_cast<std::int64_t>(bucket));
  while (reader.next()) {
    if (reader.term() == term) return reader.entry();
  }
  return std::nullopt;
}

std::vector<std::string> encode_terms(const TermTable& terms) {
  const auto count = static_cast<std::size_t>(terms.texts.size());
  const std::size_t buckets = std::bit_ceil(std::max<std::size_t>(1, count / kTermsPerBucket));
  std::vector<std::string> entries(buckets);
  // Terms are visited in the order they lie in memory and written to the end of one of some hundred strings; going
  // bucket by bucket instead would wait for memory at every term.
  for (TermId id = 0; id < terms.texts.size(); ++id) {
    std::string& row = entries[bucket_of(terms.texts.hash(id), buckets)];
    if (!row.empty()) row += '\n';
    append_number(row, id);
    row += '\t';
    append_escaped(row, terms.texts.at(id));
    row += '\t';
    append_number(row, terms.documents[static_cast<std::size_t>(id)]);
    row += '\t';
    append_number(row, terms.occurrences[static_cast<std::size_t>(id)]);
  }
  return entries;
}

void save_terms(Database& database, const std::vector<std::string>& buckets) {
  database.execute("DELETE FROM term_buckets");
  Statement insert = database.prepare("INSERT INTO term_buckets VALUES(?, ?)");
  for (std::size_t b = 0; b < buckets.size(); ++b) {
    if (!buckets[b].empty()) insert.bind(1, static_cast<std::int64_t>(b)).bind(2, buckets[b]).run();
  }
  Statement setting = database.prepare("INSERT OR REPLACE INTO settings VALUES('term_buckets', ?)");
  setting.bind(1, static_cast<std::int64_t>(buckets.size())).run();
}

}  // namespace malmoi::corpus
