#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "corpus/models.h"
#include "corpus/store.h"
#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Addresses of presidents and film reviews, analysed by words, so that no dictionary is needed.
class Lsa : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run_malmoi({"index", corpus_, kSpeeches, "--analyzer", "word"}).status, 0);
    ASSERT_EQ(run_malmoi({"index", reviews_, kReviews, "--analyzer", "word"}).status, 0);
  }
  json fit(const std::string& corpus, const Words& more = {}) { return report_of(Words{"lsa", corpus} + more); }
  static std::string text_of(const std::string& corpus, std::int64_t id) {
    return corpus::Store::open(corpus).find(id)->text;
  }

  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "speeches.malmoi").string();
  std::string reviews_ = (folder_ / "reviews.malmoi").string();
};

TEST_F(Lsa, IsLearnedStoredAndShown) {
  const json fitted = fit(corpus_, {"--rank", "30"});
  const json& figures = fitted["metrics"];
  EXPECT_EQ(figures["documents"], 59);
  EXPECT_EQ(figures["rank"], 30);
  EXPECT_EQ(figures["converged"], "yes");
  EXPECT_LT(figures["greatest_residual"], 1e-10);
  const json& dimensions = fitted["tables"]["dimensions"];
  ASSERT_EQ(dimensions.size(), 30U);
  double explained = 0;
  for (std::size_t k = 0; k < 30; ++k) {
    EXPECT_EQ(dimensions[k]["dimension"], k);
    explained += dimensions[k]["explained"].get<double>();
    if (k > 0) {
      EXPECT_GE(dimensions[k - 1]["singular_value"], dimensions[k]["singular_value"]);
    }
  }
  EXPECT_NEAR(explained, figures["explained"], 1e-12);
  EXPECT_LT(explained, 1);
  // All weights are positive, and so is the first dimension (Perron and Frobenius).
  EXPECT_EQ(dimensions[0]["negative_terms"], "");
  const std::string positive = dimensions[1]["positive_terms"];
  EXPECT_EQ(std::count(positive.begin(), positive.end(), ','), 4);

  const json info = report_of({"info", corpus_});
  EXPECT_EQ(info["tables"]["models"][0]["kind"], "lsa");
  const json runs = info["tables"]["runs"];
  ASSERT_EQ(runs[1]["command"], "lsa");
  EXPECT_EQ(json::parse(runs[1]["results"].get<std::string>())["fingerprint"], figures["fingerprint"]);
  EXPECT_EQ(fingerprint(report_of({"models", corpus_, "--show", "lsa"})), fingerprint(fitted));
  EXPECT_EQ(fit(corpus_, {"--save", "again"})["metrics"]["model"], "again");
}

// The places that infer writes are those that the documents of the matrix have: A V = U · diag(σ).
TEST_F(Lsa, InferWritesPlaces) {
  const json fitted = fit(corpus_, {"--rank", "5"});
  const Outcome run = run_malmoi({"infer", corpus_, "--model", "lsa", "--all", "--format", "tsv"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Words lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 60U);
  EXPECT_EQ(lines[0], "id\ttokens\tdimension_0\tdimension_1\tdimension_2\tdimension_3\tdimension_4");
  std::vector<double> squares(5, 0.0);
  for (std::size_t row = 1; row < lines.size(); ++row) {
    std::istringstream cells(lines[row]);
    std::string id;
    double tokens = 0;
    cells >> id >> tokens;
    for (double& sum : squares) {
      double value = 0;
      ASSERT_TRUE(cells >> value) << lines[row];
      sum += value * value;
    }
  }
  for (std::size_t k = 0; k < squares.size(); ++k) {
    EXPECT_NEAR(std::sqrt(squares[k]), fitted["tables"]["dimensions"][k]["singular_value"].get<double>(), 1e-5);
  }

  const Words args = {"infer", corpus_, "-", "--model", "lsa", "--top", "1", "--format", "json"};
  const json one = json::parse(run_malmoi(args, "slavery in the territories\n").out);
  const json& best = one["dimensions"][0];
  EXPECT_EQ(best["name"], fitted["tables"]["dimensions"][best["dimension"].get<std::size_t>()]["name"]);
  const Outcome stored = run_malmoi({"infer", corpus_, "--model", "lsa", "--store"});
  EXPECT_EQ(stored.status, 1);
  EXPECT_THAT(stored.err, HasSubstr("--store is for topics"));
}

// The squares of all singular values are the squares of all values: without limits the whole variance is explained.
TEST_F(Lsa, WithAllDimensionsExplainsEverything) {
  const json fitted = fit(corpus_);
  EXPECT_EQ(fitted["metrics"]["rank"], 59) << "the default is lowered to what the matrix allows";
  EXPECT_NEAR(fitted["metrics"]["explained"], 1, 1e-9);
  double squares = 0;
  for (const json& row : fitted["tables"]["dimensions"]) {
    squares += row["singular_value"].get<double>() * row["singular_value"].get<double>();
  }
  EXPECT_NEAR(squares, 59, 1e-4) << "rows of tf-idf have length 1, up to float";
}

TEST_F(Lsa, EveryNumberOfThreadsGivesTheSameModel) {
  for (const std::string& corpus : {corpus_, reviews_}) {
    for (const std::string method : {"lanczos", "randomized", "full"}) {
      const Words how = {"--rank", "20", "--method", method, "--min-df", "10", "--force"};
      const std::string one = fingerprint(fit(corpus, how + Words{"--threads", "1"}));
      EXPECT_EQ(fingerprint(fit(corpus, how + Words{"--threads", "2"})), one) << method;
    }
  }
  const std::string first = fingerprint(fit(reviews_, {"--rank", "5", "--force"}));
  EXPECT_NE(fingerprint(fit(reviews_, {"--rank", "5", "--force", "--seed", "2"})), first);
}

TEST_F(Lsa, MethodsAgreeAndWeightingsDiffer) {
  const auto first_value = [&](const Words& more) {
    const json fitted = fit(reviews_, Words{"--rank", "10", "--force"} + more);
    return fitted["tables"]["dimensions"][0]["singular_value"].get<double>();
  };
  const double tfidf = first_value({});
  EXPECT_NEAR(first_value({"--method", "full"}), tfidf, 1e-9);
  EXPECT_NEAR(first_value({"--method", "randomized"}), tfidf, 1e-3);
  const double count = first_value({"--weighting", "count"});
  const double bm25 = first_value({"--weighting", "bm25"});
  EXPECT_GT(count, tfidf * 1.1);
  EXPECT_GT(bm25, count * 1.1);
  EXPECT_NE(first_value({"--weighting", "log-entropy"}), count);
  EXPECT_NEAR(first_value({"--weighting", "ntc"}), first_value({"--weighting", "ntn", "--norm", "l2"}), 1e-12);
}

TEST_F(Lsa, HasAReportAndPlots) {
  fit(corpus_, {"--rank", "6"});
  const std::string page = (folder_ / "page.html").string();
  const std::string plots = (folder_ / "plots").string();
  const json written = report_of({"report", corpus_, "--model", "lsa", "-o", page, "--svg", plots});
  EXPECT_EQ(written["metrics"]["dimensions"], 6);
  EXPECT_EQ(written["metrics"]["plots"], 7);
  EXPECT_THAT(read_file(page), HasSubstr(R"("kind":"lsa")"));
  EXPECT_THAT(read_file(folder_ / "plots/scree.svg"), HasSubstr("<svg"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "plots/terms-5.svg"));
  const Outcome grouped = run_malmoi({"report", corpus_, "--model", "lsa", "-o", page, "--force", "--by", "date"});
  EXPECT_EQ(grouped.status, 1);
  EXPECT_THAT(grouped.err, HasSubstr("of kind lsa"));
}

TEST_F(Lsa, DimensionsCanBeNamed) {
  fit(corpus_, {"--rank", "4"});
  const json before = report_of({"topics", corpus_, "--model", "lsa", "--terms", "3"})["tables"]["dimensions"];
  ASSERT_EQ(before.size(), 4U);
  EXPECT_NE(before[1]["name"], "");  // a proposal made of its terms
  const std::string terms = before[1]["positive_terms"];
  EXPECT_EQ(std::count(terms.begin(), terms.end(), ','), 2);
  report_of({"topics", corpus_, "--model", "lsa", "--name", "1=전쟁과 평화", "--name", "2=money"});
  const json after = report_of({"topics", corpus_, "--model", "lsa", "--name", "2="})["tables"]["dimensions"];
  EXPECT_EQ(after[0]["name"], before[0]["name"]);
  EXPECT_EQ(after[1]["name"], "전쟁과 평화");
  EXPECT_EQ(after[2]["name"], before[2]["name"]);
  const std::string page = (folder_ / "page.html").string();
  report_of({"report", corpus_, "--model", "lsa", "-o", page});
  EXPECT_THAT(read_file(page), HasSubstr("전쟁과 평화"));
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--model", "lsa", "--name", "4=none"}).status, 1);
  const Outcome topics_only = run_malmoi({"topics", corpus_, "--model", "lsa", "--coherence", "npmi"});
  EXPECT_EQ(topics_only.status, 1);
  EXPECT_THAT(topics_only.err, HasSubstr("of kind lsa"));
  fit(corpus_, {"--rank", "4", "--force"});  // other dimensions, perhaps: the names are gone
  EXPECT_NE(report_of({"topics", corpus_, "--model", "lsa"})["tables"]["dimensions"][1]["name"], "전쟁과 평화");
}

TEST_F(Lsa, ItsSpaceFindsADocumentByItsOwnText) {
  fit(corpus_, {"--rank", "20"});
  for (const std::int64_t id : {1, 17, 59}) {
    const json near = report_of({"similar", corpus_, "--space", "lsa", "--text", text_of(corpus_, id), "--limit", "3"});
    const json& rows = near["tables"]["similar"];
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_NEAR(rows[0]["score"], 1, 1e-6);
    EXPECT_LT(rows[1]["score"], 0.999);
    // The document's own neighbours are those of its text, without itself.
    const std::string key = rows[0]["id"];
    const json own = report_of({"similar", corpus_, "--space", "lsa", "--doc", key, "--limit", "2"});
    EXPECT_EQ(own["tables"]["similar"][0]["id"], rows[1]["id"]);
    EXPECT_EQ(own["tables"]["similar"][1]["id"], rows[2]["id"]);
    EXPECT_EQ(own["tables"]["similar"][0]["score"], rows[1]["score"]);
  }
}

// With all dimensions the space is only turned: cosines are those of the weighted rows themselves.
TEST_F(Lsa, TheWholeSpaceHasTheCosinesOfTheTerms) {
  fit(corpus_, {"--min-df", "1", "--max-df", "100%"});
  const json reduced = report_of({"similar", corpus_, "--space", "lsa", "--doc", "7", "--limit", "58"});
  const json plain = report_of({"similar", corpus_, "--doc", "7", "--limit", "58"});
  const json& a = reduced["tables"]["similar"];
  const json& b = plain["tables"]["similar"];
  ASSERT_EQ(a.size(), 58U);
  ASSERT_EQ(b.size(), 58U);
  for (std::size_t i = 0; i < 58; ++i) EXPECT_NEAR(a[i]["score"], b[i]["score"].get<double>(), 1e-5);
}

TEST_F(Lsa, ItsSpaceTakesConditionsThresholdsTermsAndNewDocuments) {
  fit(corpus_, {"--rank", "20", "--max-df", "100%"});
  const Words ask = {"similar", corpus_, "--space", "lsa", "--text", "war and peace among nations"};
  EXPECT_EQ(report_of(ask + Words{"--where", "id<=9", "--limit", "50"})["tables"]["similar"].size(), 9U);
  const json near = report_of(ask + Words{"--threshold", "0.3"});
  for (const json& row : near["tables"]["similar"]) EXPECT_GE(row["score"], 0.3);
  const json terms = report_of({"similar", corpus_, "--space", "lsa", "--term", "war", "--limit", "7"});
  ASSERT_EQ(terms["tables"]["similar"].size(), 7U);
  for (const json& row : terms["tables"]["similar"]) EXPECT_NE(row["term"], "war");
  // A document that came after the model has a place too, and one that is gone is not found.
  const std::string extra = folder_.write("extra.txt", "war and peace among nations\n").string();
  ASSERT_EQ(run_malmoi({"index", corpus_, extra, "--from", "lines"}).status, 0);
  ASSERT_EQ(run_malmoi({"remove", corpus_, "--where", "id<=9"}).status, 0);
  const json later = report_of(ask + Words{"--limit", "60"});
  EXPECT_EQ(later["tables"]["similar"].size(), 51U);
  EXPECT_NEAR(later["tables"]["similar"][0]["score"], 1, 1e-6);
  EXPECT_EQ(later["tables"]["similar"][0]["text"], "war and peace among nations");
}

TEST_F(Lsa, TheSpaceOfTopicsComparesShares) {
  report_of({"lda", corpus_, "--topics", "8", "--iterations", "20"});
  const std::string text = text_of(corpus_, 30);
  const json near = report_of({"similar", corpus_, "--space", "lda", "--text", text, "--limit", "2"});
  EXPECT_NEAR(near["tables"]["similar"][0]["score"], 1, 1e-6);
  const std::string key = near["tables"]["similar"][0]["id"];
  const json own = report_of({"similar", corpus_, "--space", "lda", "--doc", key, "--limit", "1"});
  EXPECT_EQ(own["tables"]["similar"][0], near["tables"]["similar"][1]);
}

TEST_F(Lsa, WrongInputsAreRefusedClearly) {
  const auto expect = [&](const Words& args, int status, const std::string& message) {
    const Outcome run = run_malmoi(Words{args[0], corpus_} + Words(args.begin() + 1, args.end()));
    EXPECT_EQ(run.status, status) << message;
    EXPECT_THAT(run.err, HasSubstr(message));
  };
  expect({"lsa", "--rank", "60"}, 1, "allow 1 to 59");
  expect({"lsa", "--rank", "0"}, 1, "allow 1 to 59");
  expect({"lsa", "--method", "lanczo"}, 2, "did you mean lanczos");
  expect({"lsa", "--weighting", "idf"}, 2, "--weighting");
  expect({"lsa", "--seed", "-1"}, 2, "--seed");
  expect({"lsa", "--dimensions", "-1"}, 2, "--dimensions");
  expect({"lsa", "--min-df", "60"}, 1, "no term of the 59 documents is left");
  expect({"lsa", "--save", "a/b"}, 1, "cannot be the name of a model");
  expect({"similar", "--space", "lsa", "--text", "war"}, 1, "there is no model \"lsa\"");
  fit(corpus_, {"--rank", "5"});
  expect({"similar", "--space", "lsa", "--text", "zyxzyx"}, 1, "no term that the model knows");
  expect({"similar", "--space", "lsa", "--term", "zyxzyx"}, 1, "not among");
  expect({"similar", "--space", "lsa", "--all-pairs"}, 2, "--all-pairs");
  expect({"similar", "--space", "lsa", "--text", "war", "--metric", "jaccard"}, 2, "cosine");
  expect({"similar", "--space", "lsa", "--text", "war", "--limit", "0"}, 2, "--limit");
  expect({"similar", "--space", "lda", "--term", "war"}, 2, "--term");
  expect({"similar", "--space", "lda", "--model", "lsa", "--text", "war"}, 1, "is of kind lsa, not lda");
  expect({"similar", "--term", "war"}, 2, "--term");
  expect({"similar", "--text", "war", "--model", "lsa"}, 2, "--model");
  expect({"report", "--model", "none", "-o", (folder_ / "p.html").string()}, 1, "there is no model \"none\"");
}

TEST_F(Lsa, AModelIsReplacedOnlyWithForce) {
  const std::string first = fingerprint(fit(corpus_, {"--rank", "5"}));
  const Outcome again = run_malmoi({"lsa", corpus_, "--rank", "60"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("there is a model \"lsa\" already")) << "said before the work";
  EXPECT_EQ(fingerprint(report_of({"models", corpus_, "--show", "lsa"})), first);
  const std::string second = fingerprint(fit(corpus_, {"--rank", "6", "--force"}));
  EXPECT_EQ(fingerprint(report_of({"models", corpus_, "--show", "lsa"})), second);
}

}  // namespace
}  // namespace malmoi::testing
