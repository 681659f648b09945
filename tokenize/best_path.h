#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace MeCab {
class Lattice;
class Model;
}  // namespace MeCab

namespace malmoi::tokenize {

/// matrix.bin of a MeCab dictionary: what it costs that one word follows another. Mapped into memory, shared by
/// threads.
class ConnectionCosts {
 public:
  /// Throws not_found, corrupt_data
  explicit ConnectionCosts(const std::filesystem::path& folder);
  ~ConnectionCosts();
  ConnectionCosts(const ConnectionCosts&) = delete;
  ConnectionCosts& operator=(const ConnectionCosts&) = delete;

  [[nodiscard]] std::size_t left_ids() const noexcept { return left_ids_; }
  /// The costs of a word with this left id behind words of each right id.
  [[nodiscard]] std::span<const std::int16_t> before(std::size_t left_id) const noexcept {
    return {costs_ + left_id * right_ids_, right_ids_};
  }

 private:
  void* file_ = nullptr;
  std::size_t bytes_ = 0;
  const std::int16_t* costs_ = nullptr;  ///< [left ids × right ids]
  std::size_t left_ids_ = 0;
  std::size_t right_ids_ = 0;
};

/// What a word costs more, by its part-of-speech id, when a blank stands before it: particles and endings hardly ever
/// do. Read from `left-space-penalty-factor` of the dictionary's dicrc; empty if there is none. Throws not_found,
/// corrupt_data.
[[nodiscard]] std::vector<int> read_space_penalties(const std::filesystem::path& folder);

/// A word of the dictionary, or a stretch of text that it does not have, on the best path through a sentence.
struct PathWord {
  std::string_view surface;       ///< view into the sentence
  const char* feature = nullptr;  ///< owned by the model; CSV
  bool known = true;
};

/// The cheapest path through all the words that MeCab's dictionary finds in a sentence.
///
/// MeCab's own Tagger is not used because mecab-ko-dic is made for mecab-ko, a fork of MeCab that knows about blanks:
/// without their penalties "내 생의 최고" (the best of my life) has the suffix 생 in it and not the noun. With no
/// penalties the path is exactly MeCab's. It takes no longer either, since predecessors that cannot win are passed
/// over.
///
/// One finder a thread; what it is made with must outlive it.
class BestPath {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 13U;  ///< of a sentence; costs then fit 32 bits

  BestPath(const MeCab::Model& model, const ConnectionCosts& costs, std::span<const int> space_penalties);
  ~BestPath();
  BestPath(BestPath&&) noexcept;

  /// sentence  valid UTF-8 of at most kMaxBytes with no blanks (as MeCab sees them) at its end
  /// Returns   valid until the next call, as long as the sentence itself is
  /// Throws    corrupt_data if the dictionary finds no way through
  const std::vector<PathWord>& find(std::string_view sentence);

  /// Cost of the path found last, from the begin of the sentence to its end.
  [[nodiscard]] std::int32_t cost() const noexcept { return cost_; }

 private:
  struct Step;
  struct Join;
  void start(std::string_view sentence);
  const Join& join(unsigned short left_id);
  void walk_back(const Join& end);

  const MeCab::Model* model_;
  const ConnectionCosts* costs_;
  std::span<const int> space_penalties_;
  std::unique_ptr<MeCab::Lattice> lattice_;
  std::vector<std::vector<Step>> ending_;    ///< [bytes + 1]; the words that end there
  const std::vector<Step>* here_ = nullptr;  ///< those that end at the current position
  std::uint64_t arrivals_ = 0;               ///< positions seen so far; tells which joins are of the current one
  std::vector<Join> joins_;                  ///< [left ids]
  std::vector<PathWord> words_;
  std::int32_t cost_ = 0;
};

}  // namespace malmoi::tokenize
