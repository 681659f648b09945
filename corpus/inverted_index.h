#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/token_sequences.h"
#include "corpus/sqlite.h"

namespace malmoi::corpus {

/// One document that holds a term.
struct Posting {
  std::int64_t document = 0;
  std::int32_t count = 0;
  friend bool operator==(const Posting&, const Posting&) = default;
};

/// A row of table `postings`.
struct PostingsBlock {
  TermId first_term = 0;
  std::string data;
};

/// The postings of a range of documents, ready to be stored.
///
/// The inverted index lies in segments of ascending, disjoint ranges of document ids. A segment is never changed;
/// documents removed since are told apart by their absence from the token blocks. Row `segment · 2³² + first term` of
/// table `postings` holds the lists of some terms, ascending: for each the term (difference), the number of documents,
/// the bytes of the list, the list. A list holds document differences · 2 + (1 if the count is above 1, and follows).
struct EncodedSegment {
  std::int64_t first_document = 0;
  std::int64_t last_document = 0;
  std::int64_t postings = 0;
  std::vector<PostingsBlock> blocks;

  /// Stores the segment behind those that are there, and forgets it; an empty one is nothing to store.
  void save(Database& database);
};

/// Collects the tokens of documents that are to become one segment.
class SegmentBuilder {
 public:
  void add(std::int64_t document, std::span<const TermId> tokens);
  [[nodiscard]] bool full() const noexcept { return tokens_.terms.size() >= kMaxTokens; }
  [[nodiscard]] bool empty() const noexcept { return tokens_.rows() == 0; }

  /// Makes the segment and forgets its tokens. Its documents and tokens are added to the counts of each term.
  EncodedSegment encode(std::span<std::int64_t> documents, std::span<std::int64_t> occurrences);

 private:
  static constexpr std::size_t kMaxTokens = std::size_t{1} << 23U;  // bounds the memory of encode() to about 100 MB
  TokenSequences tokens_;
};

/// Postings of a term in all segments, ascending document; those of removed documents included.
void for_each_posting(const Database& database, TermId term, const std::function<void(const Posting&)>& visit);

/// Merges the newest segments as long as the one before is less than twice as large as they are together: additions of
/// any size leave a number of segments that is logarithmic in the corpus' size.
/// live(document) tells the documents that are still there; postings of others are left out.
void merge_small_segments(Database& database, const std::function<bool(std::int64_t)>& live);

}  // namespace malmoi::corpus
