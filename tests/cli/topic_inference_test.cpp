#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "corpus/store.h"
#include "tests/cli/topics.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class TopicInference : public Topics {};

TEST_F(TopicInference, AreInferredForNewDocuments) {
  fit("lda");
  const std::string texts = "slavery in the territories\n\nthe railroads and banks of the territories\n";
  const std::vector<json> all = inferred({corpus_, "-", "--from", "lines", "--all"}, texts);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2]["id"], "-:3");
  EXPECT_EQ(all[0]["tokens"], 2);
  const std::vector<double> shares = all[0]["shares"];
  ASSERT_EQ(shares.size(), 8U);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-5);
  // A document by itself gets the same shares, with any number of threads.
  const auto alone =
      inferred({corpus_, "-", "--from", "lines", "--all", "--threads", "1"}, "slavery in the territories\n");
  EXPECT_EQ(alone[0], all[0]);

  const auto best = inferred({corpus_, "-", "--from", "lines", "--top", "2"}, texts);
  ASSERT_EQ(best[0]["topics"].size(), 2U);
  const auto first = std::ranges::max_element(shares);
  EXPECT_EQ(best[0]["topics"][0]["topic"], first - shares.begin());
  EXPECT_EQ(best[0]["topics"][0]["share"], *first);
  EXPECT_LE(best[0]["topics"][1]["share"], *first);
  EXPECT_TRUE(inferred({corpus_, "-", "--from", "lines", "--min-share", "1"}, texts)[0]["topics"].empty());
}

TEST_F(TopicInference, InferAnswersWhileTheInputIsStillOpen) {
  fit("lda");
  const Words args = {"infer", corpus_, "-", "--top", "1", "--format", "tsv"};
  const Conversation talk = talk_to_malmoi(args, "slavery\nrailroads\n", 3, "territories");
  const Words whole = lines_of(run_malmoi(args, "slavery\nrailroads\nterritories").out);
  Words lines = talk.first;
  for (const std::string& line : lines_of(talk.rest.out)) lines.push_back(line);
  EXPECT_EQ(lines[0], "id\ttokens\ttopic\tname\tshare");
  EXPECT_EQ(lines, whole);
  EXPECT_EQ(whole.size(), 4U);
}

TEST_F(TopicInference, AreInferredForStoredDocuments) {
  fit("lda");
  EXPECT_EQ(inferred({corpus_, "--store", "--top", "1", "--min-share", "0.05"}).size(), 59U);
  const auto count = [&](const std::string& condition) {
    return corpus::Store::open(corpus_).database().query_integer("SELECT count(*) FROM document_topics" + condition);
  };
  const json runs = report_of({"info", corpus_})["tables"]["runs"];
  EXPECT_EQ(json::parse(runs.back()["results"].get<std::string>())["rows_stored"], count(""));
  EXPECT_GE(count(""), 59);
  EXPECT_EQ(count(" WHERE share < 0.05"), 0);
  inferred({corpus_, "--store", "--where", "id<=9", "--min-share", "0"});
  EXPECT_EQ(count(" WHERE document <= 9"), 72);
  EXPECT_EQ(run_malmoi({"remove", corpus_, "--where", "id<=9"}).status, 0);
  EXPECT_EQ(count(" WHERE document <= 9"), 0);
  EXPECT_GE(count(""), 50);
}

// As document_completion and left_to_right find it for the documents that the fit left out.
TEST_F(TopicInference, ForetellDocumentsThatWereHeldOut) {
  fit("lda", {"--where", "id<=50"});
  const json half = report_of({"infer", corpus_, "--held-out", "completion"})["metrics"];
  const json whole = report_of({"infer", corpus_, "--held-out", "left-to-right", "--threads", "1"})["metrics"];
  EXPECT_EQ(half["documents"], 9);
  EXPECT_EQ(whole["documents"], 9);
  EXPECT_NEAR(half["tokens"].get<double>(), whole["tokens"].get<double>() / 2, 5);
  for (const json& found : {half, whole}) {
    EXPECT_NEAR(found["perplexity"].get<double>(), std::exp(-found["log_likelihood_per_token"].get<double>()), 1e-9);
    EXPECT_LT(found["log_likelihood_per_token"], -5);
    EXPECT_GT(found["log_likelihood_per_token"], -8);  // 2,900 terms: -7.97 where all are equally likely
  }
  // The same texts from outside give the same figure.
  std::string lines;
  const corpus::Store store = corpus::Store::open(corpus_);
  for (std::int64_t id = 51; id <= 59; ++id) lines += json{{"text", store.find(id)->text}}.dump() + "\n";
  const json outside = report_of({"infer", corpus_, "-", "--held-out", "completion"}, lines)["metrics"];
  EXPECT_NEAR(outside["log_likelihood_per_token"].get<double>(), half["log_likelihood_per_token"].get<double>(), 1e-12);

  const auto refused = [&](const Words& more) { return run_malmoi(Words{"infer", corpus_} + more).err; };
  EXPECT_THAT(refused({"--held-out", "completion", "--where", "id<=50"}), HasSubstr("was made of all 50 documents"));
  EXPECT_THAT(refused({"--held-out", "completion", "--all"}), HasSubstr("neither --all nor --store"));
  EXPECT_THAT(refused({"--sweeps", "0"}), HasSubstr("--sweeps 0: at least 1 is wanted"));
  EXPECT_THAT(refused({"--burn-in", "8"}), HasSubstr("--burn-in 8: 0 to below the 8 sweeps is wanted"));
  EXPECT_THAT(refused({"--all", "--top", "2"}), HasSubstr("--top does not go with --all"));
  EXPECT_THAT(refused({"--held-out", "left"}), HasSubstr("none of completion, left-to-right"));
  EXPECT_THAT(run_malmoi({"infer", corpus_, "-", "--held-out", "completion"}, "zyx\n").err,
              HasSubstr("no term of the 1 documents"));
}

}  // namespace
}  // namespace malmoi::testing
