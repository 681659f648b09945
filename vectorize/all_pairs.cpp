#include <array>
#include <bit>
#include <mutex>

#include "corpus/base/parallel.h"
#include "vectorize/metric.h"
#include "vectorize/similarity.h"

namespace malmoi::vectorize {
namespace {

constexpr std::size_t kQueriesPerChunk = 64;
constexpr std::size_t kBlock = 32;          // overlaps compared with the bound at a time
constexpr std::size_t kTile = 64 * kBlock;  // rows whose overlaps are summed at a time: 16 KB, half of a level 1 cache
constexpr std::size_t kDenseShare = 16;     // terms in more than 1/16 of the rows become dense columns (measured)

// Bit j for the j-th overlap of a block; a table because g++ 12 does not vectorise a loop with 1 << j.
constexpr std::array<std::uint64_t, kBlock> kBits = [] {
  std::array<std::uint64_t, kBlock> bits{};
  for (std::size_t j = 0; j < kBlock; ++j) bits[j] = std::uint64_t{1} << j;
  return bits;
}();

struct Posting {
  std::int32_t row;
  float value;
};

// The matrix by column. Adding w · column to the overlaps of a tile costs one step for 8 rows of a dense column but one
// for a single posting of a list, which also has to be found.
struct InvertedIndex {
  std::vector<std::size_t> offsets;       // [terms + 1] into postings
  std::vector<Posting> postings;          // rows ascending; none for dense columns
  std::vector<std::int32_t> dense_place;  // [terms]: number of the dense column, or -1
  std::vector<float> dense;               // [dense columns × padded_rows]
  std::size_t padded_rows = 0;            // whole tiles
};

// Bit j: overlap j reaches the bound.
std::uint64_t bits_passing(const double* overlaps, const double* norms, const OverlapBound& bound) {
  std::uint64_t bits = 0;
  for (std::size_t j = 0; j < kBlock; ++j) {
    bits |= overlaps[j] >= bound.constant + bound.slope * norms[j] ? kBits[j] : 0;
  }
  return bits;
}

std::size_t whole_tiles(std::size_t rows) {
  return (rows + kTile - 1) / kTile * kTile;
}

InvertedIndex invert(std::span<const SparseRow> rows, std::size_t terms, bool allow_dense) {
  std::vector<std::size_t> sizes(terms, 0);
  for (const SparseRow& row : rows) {
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      if (row.values[i] != 0.0F) ++sizes[static_cast<std::size_t>(row.columns[i])];
    }
  }
  InvertedIndex index{{0}, {}, std::vector<std::int32_t>(terms, -1), {}, whole_tiles(rows.size())};
  index.offsets.reserve(terms + 1);
  std::int32_t dense_columns = 0;
  for (std::size_t t = 0; t < terms; ++t) {
    const bool dense = allow_dense && sizes[t] > rows.size() / kDenseShare;
    if (dense) index.dense_place[t] = dense_columns++;
    index.offsets.push_back(index.offsets.back() + (dense ? 0 : sizes[t]));
  }
  index.postings.resize(index.offsets.back());
  index.dense.resize(static_cast<std::size_t>(dense_columns) * index.padded_rows, 0.0F);
  std::vector<std::size_t> ends(index.offsets.begin(), index.offsets.end() - 1);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < rows[r].columns.size(); ++i) {
      const auto term = static_cast<std::size_t>(rows[r].columns[i]);
      const float value = rows[r].values[i];
      if (value == 0.0F) continue;
      if (const std::int32_t place = index.dense_place[term]; place >= 0) {
        index.dense[static_cast<std::size_t>(place) * index.padded_rows + r] = value;
      } else {
        index.postings[ends[term]++] = {static_cast<std::int32_t>(r), value};
      }
    }
  }
  return index;
}

// The overlaps of one query with the rows of one tile.
struct Tile {
  std::array<double, kTile> overlaps = {};
  std::uint64_t touched = 0;  // bit b: block b holds something other than 0

  void clear() {
    for (; touched != 0; touched &= touched - 1) {
      double* block = overlaps.data() + static_cast<std::size_t>(std::countr_zero(touched)) * kBlock;
      std::fill(block, block + kBlock, 0.0);
    }
  }
};

// One row looking for its neighbours: where it stands in the list of each of its terms, and what it found so far.
struct Query {
  std::int32_t row;
  std::vector<std::size_t> cursors;
  BestNeighbors best;
};

class Search {
 public:
  Search(const SparseMatrix& matrix, const SimilarityOptions& options)
      : options_(options),
        rows_(make_rows(matrix, options)),
        index_(invert(rows_, static_cast<std::size_t>(matrix.cols()), options.metric != Metric::minkowski)),
        norms_(index_.padded_rows, 0.0) {
    for (std::size_t r = 0; r < rows_.size(); ++r) norms_[r] = rows_[r].norm;
  }

  [[nodiscard]] NeighborTable run(const Chunk& chunk) const {
    std::vector<Query> queries;
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) queries.push_back(start(r));
    // Tiles outside, queries inside: the parts of the lists that belong to a tile stay in the cache between queries.
    Tile tile;
    with_overlap(options_, [&](const auto& overlap) {
      for (std::size_t begin = 0; begin < rows_.size(); begin += kTile) {
        for (Query& query : queries) {
          add_tile(query, begin, overlap, tile);
          offer_tile(query, begin, tile);
          tile.clear();
        }
      }
    });
    NeighborTable result;
    for (Query& query : queries) {
      const std::vector<Neighbor> found = std::move(query.best).take();
      result.neighbors.insert(result.neighbors.end(), found.begin(), found.end());
      result.offsets.push_back(result.neighbors.size());
    }
    return result;
  }

 private:
  [[nodiscard]] Query start(std::size_t r) const {
    Query query{static_cast<std::int32_t>(r), {}, BestNeighbors(options_, rows_[r])};
    for (const TermId term : rows_[r].columns) query.cursors.push_back(index_.offsets[static_cast<std::size_t>(term)]);
    return query;
  }

  // Terms ascending, so that every overlap is summed in the same order as in nearest_rows.
  template <typename Overlap>
  void add_tile(Query& query, std::size_t begin, const Overlap& overlap, Tile& tile) const {
    const SparseRow& row = rows_[static_cast<std::size_t>(query.row)];
    const auto tile_end = static_cast<std::int32_t>(std::min(begin + kTile, rows_.size()));
    std::uint64_t touched = 0;
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      const auto term = static_cast<std::size_t>(row.columns[i]);
      const double value = row.values[i];
      if (value == 0.0) continue;
      if (const std::int32_t place = index_.dense_place[term]; place >= 0) {
        const float* column = index_.dense.data() + static_cast<std::size_t>(place) * index_.padded_rows + begin;
        for (std::size_t j = 0; j < kTile; ++j) tile.overlaps[j] += overlap(value, column[j]);
        touched = ~std::uint64_t{0};
        continue;
      }
      const Posting* posting = index_.postings.data() + query.cursors[i];
      const Posting* const end = index_.postings.data() + index_.offsets[term + 1];
      for (; posting != end && posting->row < tile_end; ++posting) {
        const std::size_t place = static_cast<std::size_t>(posting->row) - begin;
        tile.overlaps[place] += overlap(value, posting->value);
        touched |= std::uint64_t{1} << (place / kBlock);
      }
      query.cursors[i] = static_cast<std::size_t>(posting - index_.postings.data());
    }
    tile.touched = touched;
  }

  void offer_tile(Query& query, std::size_t begin, const Tile& tile) const {
    OverlapBound bound = query.best.bound();
    const std::size_t blocks = (std::min(kTile, rows_.size() - begin) + kBlock - 1) / kBlock;
    std::uint64_t left = ~std::uint64_t{0} >> (64 - blocks);
    while (true) {
      if (bound.constant > 0.0) left &= tile.touched;  // a row that shares nothing lies below the bound
      if (left == 0) return;
      const std::size_t block = static_cast<std::size_t>(std::countr_zero(left)) * kBlock;
      left &= left - 1;
      std::uint64_t passing = bits_passing(&tile.overlaps[block], &norms_[begin + block], bound);
      if (passing == 0) continue;
      for (; passing != 0; passing &= passing - 1) {
        const std::size_t place = block + static_cast<std::size_t>(std::countr_zero(passing));
        const std::size_t other = begin + place;
        if (other >= rows_.size() || other == static_cast<std::size_t>(query.row)) continue;
        query.best.offer(static_cast<std::int32_t>(other), rows_[other], tile.overlaps[place]);
      }
      bound = query.best.bound();
    }
  }

  const SimilarityOptions& options_;
  std::vector<SparseRow> rows_;
  InvertedIndex index_;
  std::vector<double> norms_;  // of the rows, for the comparison with the bound
};

}  // namespace

NeighborTable all_pairs(const SparseMatrix& matrix, const SimilarityOptions& options, const RunContext& context) {
  validate(options, {matrix.valuePtr(), static_cast<std::size_t>(matrix.nonZeros())});
  const Search search(matrix, options);
  const auto rows = static_cast<std::size_t>(matrix.rows());
  std::vector<NeighborTable> parts(chunk_count(rows, kQueriesPerChunk));
  std::mutex reporting;
  Progress progress{"comparing documents", 0, matrix.rows()};
  parallel_for(rows, kQueriesPerChunk, context, [&](const Chunk& chunk) {
    parts[chunk.index] = search.run(chunk);
    const std::lock_guard lock(reporting);
    progress.done += static_cast<std::int64_t>(chunk.end - chunk.begin);
    context.report(progress);
  });
  NeighborTable result;
  for (const NeighborTable& part : parts) {
    for (std::size_t r = 0; r < part.rows(); ++r) {
      const std::span<const Neighbor> row = part.row(r);
      result.neighbors.insert(result.neighbors.end(), row.begin(), row.end());
      result.offsets.push_back(result.neighbors.size());
    }
  }
  return result;
}

}  // namespace malmoi::vectorize
