// What scikit-learn makes of the same tokens; tests/golden/make_vectorize.py wrote the files.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/vectorize/matrices.h"
#include "vectorize/weighting.h"

namespace malmoi::vectorize {
namespace {

struct Place {
  Eigen::Index row;
  std::string term;
  friend bool operator==(const Place&, const Place&) = default;
  friend bool operator<(const Place& a, const Place& b) { return a.row != b.row ? a.row < b.row : a.term < b.term; }
};
using Values = std::map<Place, double>;

std::ifstream open_golden(const std::string& name) {
  std::ifstream in(std::string(MALMOI_SOURCE_DIR "/tests/golden/") + name);
  EXPECT_TRUE(in) << name;
  return in;
}

Values golden_values(const std::string& variant) {
  std::ifstream in = open_golden("vectorize_values.tsv");
  Values values;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name;
    Place place;
    double value = 0.0;
    fields >> name >> place.row >> place.term >> value;
    if (name == variant) values.emplace(place, value);
  }
  EXPECT_FALSE(values.empty()) << variant;
  return values;
}

class Golden : public testing::Test {
 protected:
  Golden() {
    std::ifstream in = open_golden("vectorize_tokens.tsv");
    for (std::string line; std::getline(in, line);) corpus_.add(line);
    counts_ = count_terms(corpus_.tokens, corpus_.terms.size());
  }

  Values values(const DocTermMatrix& matrix) const {
    Values values;
    for (Eigen::Index r = 0; r < matrix.values.rows(); ++r) {
      for (SparseMatrix::InnerIterator entry(matrix.values, r); entry; ++entry) {
        values.emplace(Place{r, std::string(corpus_.terms.at(static_cast<TermId>(entry.col())))}, entry.value());
      }
    }
    return values;
  }

  void expect_weights(const std::string& variant, const WeightingOptions& options, const PruneOptions& prune = {}) {
    TokenizedCorpus copy;
    for (TermId id = 0; id < corpus_.terms.size(); ++id) copy.terms.intern(corpus_.terms.at(id));
    copy.tokens = corpus_.tokens;
    const Vocabulary vocabulary = std::move(copy).vocabulary();
    const DocTermMatrix kept = keep_terms(counts_, select_terms(vocabulary, counts_.values.rows(), prune));
    const Values found = values(apply_weighting(fit_weighting(kept, options), kept));
    const Values expected = golden_values(variant);
    ASSERT_EQ(found.size(), expected.size()) << variant;
    for (const auto& [place, value] : expected) {
      ASSERT_TRUE(found.contains(place)) << variant << " row " << place.row << " " << place.term;
      EXPECT_NEAR(found.at(place), value, 1e-6 * std::max(1.0, value)) << variant << " row " << place.row;
    }
  }

  TokenizedCorpus corpus_;
  DocTermMatrix counts_;
};

TEST_F(Golden, CountsEqualCountVectorizerExactly) {
  EXPECT_EQ(values(counts_), golden_values("counts"));
}

TEST_F(Golden, WeightsEqualTfidfVectorizer) {
  expect_weights("tf_idf", {});
  expect_weights("unsmoothed", {.global = GlobalWeight::unsmoothed});
  expect_weights("sublinear", {.local = LocalWeight::log});
  expect_weights("l1", {.normalization = Normalization::l1});
  expect_weights("no_norm", {.normalization = Normalization::none});
  expect_weights("binary", {.local = LocalWeight::binary});
}

TEST_F(Golden, PruningEqualsTfidfVectorizer) {
  expect_weights("min_df_2", {}, {.min_df = {2}});
  expect_weights("share", {}, {.min_df = {0.1, true}, .max_df = {0.4, true}});
}

}  // namespace
}  // namespace malmoi::vectorize
