#include "corpus/inverted_index.h"

#include <algorithm>
#include <optional>
#include <string>

#include "corpus/base/binary_io.h"
#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 15U;
constexpr std::size_t kBlocksAtOnce = 64;  // rows that a merge holds in memory

std::int64_t block_key(std::int64_t segment, TermId term) {
  return (segment << 32U) | term;
}

// A document's number within its segment and the count of a term there.
struct LocalPosting {
  std::uint32_t document = 0;
  std::uint32_t count = 0;
};

void put_posting(std::string& list, std::uint64_t gap, std::uint64_t count) {
  put_varint(list, gap * 2 + (count > 1 ? 1 : 0));
  if (count > 1) put_varint(list, count);
}

struct TermList {
  TermId term = 0;
  std::uint64_t documents = 0;
  std::string_view list;
};

// Collects the lists of ascending terms into rows of about kBlockBytes.
class BlockWriter {
 public:
  explicit BlockWriter(std::vector<PostingsBlock>& blocks) : blocks_(&blocks) {}

  void add(const TermList& item) {
    if (blocks_->empty() || blocks_->back().data.size() >= kBlockBytes) {
      blocks_->push_back({item.term, {}});
      previous_ = item.term;
    }
    std::string& data = blocks_->back().data;
    put_varint(data, static_cast<std::uint64_t>(item.term - previous_));
    put_varint(data, item.documents);
    put_varint(data, item.list.size());
    data += item.list;
    previous_ = item.term;
  }

 private:
  std::vector<PostingsBlock>* blocks_;
  TermId previous_ = 0;
};

void insert_blocks(Database& database, std::int64_t segment, std::vector<PostingsBlock>& blocks) {
  Statement insert = database.prepare("INSERT INTO postings VALUES(?, ?)");
  for (const PostingsBlock& block : blocks) {
    insert.bind(1, block_key(segment, block.first_term)).bind_blob(2, block.data).run();
  }
  blocks.clear();
}

// Reads the lists of one row of `postings`.
class BlockReader {
 public:
  BlockReader(std::string_view data, TermId first_term) : reader_(data, "postings row"), term_(first_term) {}

  std::optional<TermList> next() {
    if (reader_.at_end()) return std::nullopt;
    term_ += static_cast<TermId>(reader_.varint());
    const std::uint64_t documents = reader_.varint();
    const std::uint64_t bytes = reader_.varint();
    return TermList{term_, documents, reader_.take(bytes)};
  }

 private:
  BinaryReader reader_;
  TermId term_;
};

template <typename Visit>
void read_list(const TermList& item, std::int64_t first_document, const Visit& visit) {
  BinaryReader reader(item.list, "postings list");
  std::int64_t document = first_document;
  for (std::uint64_t i = 0; i < item.documents; ++i) {
    const std::uint64_t head = reader.varint();
    document += static_cast<std::int64_t>(head >> 1U);
    const std::uint64_t count = (head & 1U) != 0 ? reader.varint() : 1;
    visit(Posting{document, static_cast<std::int32_t>(count)});
  }
}

// Postings sorted by term, then document. Those of term t are [begins[t], ends[t]); begins[t + 1] - begins[t] counts
// its tokens.
struct TermPostings {
  std::vector<std::size_t> begins;
  std::vector<std::size_t> ends;
  std::vector<LocalPosting> postings;
};

// A counting sort: rows come in document order, so a term's postings do too.
TermPostings sort_by_term(const TokenSequences& tokens, std::size_t terms) {
  TermPostings sorted;
  sorted.begins.assign(terms + 1, 0);
  for (const TermId term : tokens.terms) ++sorted.begins[static_cast<std::size_t>(term) + 1];
  for (std::size_t t = 0; t < terms; ++t) sorted.begins[t + 1] += sorted.begins[t];
  sorted.ends.assign(sorted.begins.begin(), sorted.begins.end() - 1);
  sorted.postings.resize(tokens.terms.size());
  for (std::size_t row = 0; row < tokens.rows(); ++row) {
    const auto document = static_cast<std::uint32_t>(row);
    for (const TermId term : tokens.row(row)) {
      const auto t = static_cast<std::size_t>(term);
      std::size_t& end = sorted.ends[t];
      if (end > sorted.begins[t] && sorted.postings[end - 1].document == document) {
        ++sorted.postings[end - 1].count;
      } else {
        sorted.postings[end++] = {document, 1};
      }
    }
  }
  return sorted;
}

struct Segment {
  std::int64_t id = 0;
  std::int64_t first_document = 0;
  std::int64_t last_document = 0;
  std::int64_t postings = 0;
};

std::vector<Segment> load_segments(const Database& database) {
  std::vector<Segment> segments;
  Statement select = database.prepare("SELECT id, first_document, last_document, postings FROM segments ORDER BY id");
  while (select.step()) {
    segments.push_back({select.integer(0), select.integer(1), select.integer(2), select.integer(3)});
  }
  return segments;
}

void insert_segment(Database& database, const Segment& segment) {
  Statement insert = database.prepare("INSERT INTO segments VALUES(?, ?, ?, ?)");
  insert.bind(1, segment.id).bind(2, segment.first_document).bind(3, segment.last_document);
  insert.bind(4, segment.postings).run();
}

// The lists of one segment in term order, row by row.
class SegmentCursor {
 public:
  SegmentCursor(const Database& database, const Segment& segment)
      : segment_(segment),
        select_(database.prepare("SELECT block, data FROM postings WHERE block >= ? AND block < ? ORDER BY block")) {
    select_.bind(1, block_key(segment.id, 0)).bind(2, block_key(segment.id + 1, 0));
    advance();
  }
  [[nodiscard]] const std::optional<TermList>& current() const { return current_; }
  [[nodiscard]] const Segment& segment() const { return segment_; }
  void advance() {
    while (true) {
      if (reader_ && (current_ = reader_->next())) return;
      current_.reset();
      if (!select_.step()) return;
      reader_.emplace(select_.blob(1), static_cast<TermId>(select_.integer(0) & 0xFFFFFFFF));
    }
  }

 private:
  Segment segment_;
  Statement select_;
  std::optional<BlockReader> reader_;
  std::optional<TermList> current_;
};

// The list of one term over several segments.
struct MergedList {
  std::string bytes;
  std::uint64_t documents = 0;
  std::int64_t previous = 0;
};

void append_live(MergedList& merged, const SegmentCursor& cursor, const std::function<bool(std::int64_t)>& live) {
  read_list(*cursor.current(), cursor.segment().first_document, [&](const Posting& posting) {
    if (!live(posting.document)) return;
    put_posting(merged.bytes, static_cast<std::uint64_t>(posting.document - merged.previous),
                static_cast<std::uint64_t>(posting.count));
    merged.previous = posting.document;
    ++merged.documents;
  });
}

void merge(Database& database, std::span<const Segment> parts, const std::function<bool(std::int64_t)>& live) {
  Segment whole{parts.back().id + 1, parts.front().first_document, parts.back().last_document, 0};
  {
    std::vector<SegmentCursor> cursors;
    for (const Segment& part : parts) cursors.emplace_back(database, part);
    std::vector<PostingsBlock> blocks;
    BlockWriter writer(blocks);
    MergedList merged;
    while (true) {
      std::optional<TermId> term;
      for (const SegmentCursor& cursor : cursors) {
        if (cursor.current() && (!term || cursor.current()->term < *term)) term = cursor.current()->term;
      }
      if (!term) break;
      merged.bytes.clear();
      merged.documents = 0;
      merged.previous = whole.first_document;
      for (SegmentCursor& cursor : cursors) {
        if (!cursor.current() || cursor.current()->term != *term) continue;
        append_live(merged, cursor, live);
        cursor.advance();
      }
      if (merged.documents > 0) writer.add({*term, merged.documents, merged.bytes});
      whole.postings += static_cast<std::int64_t>(merged.documents);
      if (blocks.size() > kBlocksAtOnce) insert_blocks(database, whole.id, blocks);
    }
    insert_blocks(database, whole.id, blocks);
  }
  Statement erase_blocks = database.prepare("DELETE FROM postings WHERE block >= ? AND block < ?");
  erase_blocks.bind(1, block_key(parts.front().id, 0)).bind(2, block_key(whole.id, 0)).run();
  Statement erase = database.prepare("DELETE FROM segments WHERE id >= ?");
  erase.bind(1, parts.front().id).run();
  insert_segment(database, whole);
}

}  // namespace

void SegmentBuilder::add(std::int64_t document, std::span<const TermId> tokens) {
  tokens_.row_ids.push_back(document);
  tokens_.terms.insert(tokens_.terms.end(), tokens.begin(), tokens.end());
  tokens_.offsets.push_back(tokens_.terms.size());
}

void EncodedSegment::save(Database& database) {
  if (blocks.empty()) return;
  const Segment segment{database.query_integer("SELECT coalesce(max(id), 0) + 1 FROM segments"), first_document,
                        last_document, postings};
  insert_blocks(database, segment.id, blocks);
  insert_segment(database, segment);
}

EncodedSegment SegmentBuilder::encode(std::span<std::int64_t> documents, std::span<std::int64_t> occurrences) {
  const std::size_t terms = documents.size();
  const TermPostings sorted = sort_by_term(tokens_, terms);
  EncodedSegment segment{tokens_.row_ids.front(), tokens_.row_ids.back(), 0, {}};
  BlockWriter writer(segment.blocks);
  std::string list;
  for (std::size_t t = 0; t < terms; ++t) {
    const std::size_t begin = sorted.begins[t];
    const std::size_t end = sorted.ends[t];
    if (begin == end) continue;
    list.clear();
    std::int64_t previous = segment.first_document;
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t document = tokens_.row_ids[sorted.postings[i].document];
      put_posting(list, static_cast<std::uint64_t>(document - previous), sorted.postings[i].count);
      previous = document;
    }
    writer.add({static_cast<TermId>(t), end - begin, list});
    documents[t] += static_cast<std::int64_t>(end - begin);
    occurrences[t] += static_cast<std::int64_t>(sorted.begins[t + 1] - begin);
    segment.postings += static_cast<std::int64_t>(end - begin);
  }
  tokens_ = {};
  return segment;
}

void for_each_posting(const Database& database, TermId term, const std::function<void(const Posting&)>& visit) {
  Statement select =
      database.prepare("SELECT block, data FROM postings WHERE block <= ? AND block >= ? ORDER BY block DESC LIMIT 1");
  for (const Segment& segment : load_segments(database)) {
    select.bind(1, block_key(segment.id, term)).bind(2, block_key(segment.id, 0));
    if (select.step()) {
      BlockReader reader(select.blob(1), static_cast<TermId>(select.integer(0) & 0xFFFFFFFF));
      while (const auto item = reader.next()) {
        if (item->term < term) continue;
        if (item->term == term) read_list(*item, segment.first_document, visit);
        break;
      }
    }
    select.reset();
  }
}

void merge_small_segments(Database& database, const std::function<bool(std::int64_t)>& live) {
  const std::vector<Segment> segments = load_segments(database);
  if (segments.size() < 2) return;
  std::size_t first = segments.size() - 1;
  std::int64_t together = segments[first].postings;
  while (first > 0 && segments[first - 1].postings < 2 * together) together += segments[--first].postings;
  if (first + 1 < segments.size()) merge(database, std::span(segments).subspan(first), live);
}

}  // namespace malmoi::corpus
