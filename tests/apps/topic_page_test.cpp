#include "apps/page/topic_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/indexer.h"
#include "apps/page/lsa_page.h"
#include "apps/page/page_plots.h"
#include "apps/page/topic_names.h"
#include "corpus/base/error.h"
#include "corpus/models.h"
#include "tests/apps/small_lda.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::apps {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

// Two topics, food and film, with hostile documents among them; term i is in topic i / 3.
constexpr const char* kDocuments =
    R"({"id":"f1","date":"2020-01-05","label":"food","text":"kimchi rice 😀 soup kimchi","votes":3})"
    "\n"
    R"({"id":"f2","date":"2020-01-09","label":"food","text":"<script>alert('rice')</script> soup soup","votes":4})"
    "\n"
    R"({"id":"m1","date":"2020-02-01","label":"film","text":"actor film director film","votes":3})"
    "\n"
    R"({"id":"m2","label":"film","text":"film film actor rice","votes":5})"
    "\n"
    R"({"id":"e","date":"2020-02-03","label":"film","text":"...","votes":5})"
    "\n";

std::int32_t place_of(const PageData& page, std::string_view term) {
  const auto found =
      std::find_if(page.terms.begin(), page.terms.end(), [&](const PageTerm& one) { return one.text == term; });
  return found == page.terms.end() ? -2 : static_cast<std::int32_t>(found - page.terms.begin());
}

class TopicPage : public ::testing::Test {
 protected:
  void SetUp() override {
    IndexOptions options;
    options.analyzer.emplace();
    options.analyzer->korean = tokenize::KoreanUnit::word;
    options.reader.meta_fields = {"votes"};
    RunLog run("index", {});
    (void)index_documents(folder_ / "c", {folder_.write("in.jsonl", kDocuments).string()}, options, run);
  }

  // The topics that a reader would give, as one sample.
  LdaModel model(Workspace& workspace) {
    LdaModel made;
    made.terms = {"kimchi", "rice", "soup", "actor", "film", "director"};
    made.row_ids = {1, 2, 3, 4, 5};
    made.row_tokens = {4, 3, 4, 4, 0};
    made.lda = small_lda();
    made.lda.term_topics = counts_of({{{0, 2}}, {{0, 2}, {1, 1}}, {{0, 3}}, {{1, 2}}, {{1, 4}}, {{1, 1}}});
    made.lda.document_topics = {counts_of({{{0, 4}}, {{0, 3}}, {{1, 4}}, {{1, 4}}, {}})};
    made.lda.log_likelihood = {-2.5};
    for (const std::string& term : made.terms) made.term_ids.push_back(workspace.vocabulary().find(term).value_or(-1));
    return made;
  }

  TemporaryFolder folder_;
  PageRequest request_{.corpus = "c.malmoi", .model = "lda", .made = "2026-01-01T00:00:00Z"};
};

TEST_F(TopicPage, TellsWhatTheModelHolds) {
  Workspace workspace(folder_ / "c");
  const PageData page = make_topic_page(workspace, model(workspace), request_);
  EXPECT_EQ(page.language, "en");
  EXPECT_EQ(page.total_tokens, 15);
  ASSERT_EQ(page.topics.size(), 2U);
  EXPECT_DOUBLE_EQ(page.topics[0].share, 7.0 / 15);
  EXPECT_EQ(page.topics[0].alpha, 0.5);
  // topic 0: (n + 0.01) / 7.06, of soup and then of kimchi
  EXPECT_EQ(page.terms[static_cast<std::size_t>(page.topics[0].terms[0].index)].text, "soup");
  EXPECT_NEAR(page.topics[0].terms[0].value, 3.01 / 7.06, 1e-6);
  EXPECT_EQ(page.topics[0].terms.size(), 3U);
  EXPECT_EQ(page.terms[0].text, "film");
  EXPECT_EQ(page.terms[0].tokens, 4);
  const auto rice = std::find_if(page.terms.begin(), page.terms.end(), [](const auto& t) { return t.text == "rice"; });
  EXPECT_THAT(rice->topics, ElementsAre(Weighted{0, 2.0 / 3}, Weighted{1, 1.0 / 3}));
  EXPECT_EQ(page.similarity[0][0], 1.0);
  EXPECT_EQ(page.similarity[0][1], page.similarity[1][0]);
  EXPECT_NEAR(std::abs(page.topics[0].x - page.topics[1].x), 1.0 - page.similarity[0][1], 1e-9);
  EXPECT_EQ(page.topics[0].figures.size(), 8U);
}

TEST_F(TopicPage, MarksTokensWithTheirTopicsInCodeUnits) {
  Workspace workspace(folder_ / "c");
  const PageData page = make_topic_page(workspace, model(workspace), request_);
  ASSERT_EQ(page.documents.size(), 4U);  // the empty one is not drawn
  // "kimchi rice 😀 soup kimchi": the emoji takes two units
  const std::int32_t kimchi = place_of(page, "kimchi");
  EXPECT_THAT(page.documents[0].spans,
              ElementsAre(PageSpan{0, 6, 0, 0, kimchi}, PageSpan{7, 4, 0, 0, place_of(page, "rice")},
                          PageSpan{15, 4, 0, 0, place_of(page, "soup")}, PageSpan{20, 6, 0, 0, kimchi}));
  EXPECT_THAT(page.documents[0].more, IsEmpty());
  EXPECT_THAT(page.documents[0].topics, ElementsAre(Weighted{0, 0.9}, Weighted{1, 0.1}));
  EXPECT_EQ(page.topics[0].documents[0], (Weighted{0, 0.9}));
  EXPECT_EQ(page.documents[1].id, "f2");
  const std::string json = to_json(page);
  EXPECT_EQ(json.find('<'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(json)["documents"][1]["text"], "<script>alert('rice')</script> soup soup");
}

// Terms are stems: "societies" and "society" are both "societi". Where there is no room, texts are cut; what stands
// beyond the cut is found all the same.
TEST(DocumentsOfTerms, AreThoseThatTheCorpusCountsAlsoBeyondTheCut) {
  TemporaryFolder folder;
  IndexOptions options;
  options.analyzer.emplace();
  options.analyzer->stemmer = tokenize::Stemmer::english;
  options.analyzer->korean = tokenize::KoreanUnit::word;
  std::string lines;
  for (int i = 0; i < 3; ++i) {
    lines += R"({"id":"d)" + std::to_string(i) + R"(","text":"Societies of old. society )";
    for (int word = 0; word < 400; ++word) lines += "voting ";
    lines += i == 1 ? "governed nations\"}\n" : "nations\"}\n";
  }
  RunLog run("index", {});
  (void)index_documents(folder / "c", {folder.write("in.jsonl", lines).string()}, options, run);
  Workspace workspace(folder / "c");
  LdaModel made;
  made.terms = {"govern", "nation", "societi", "vote"};
  for (const std::string& term : made.terms) made.term_ids.push_back(workspace.vocabulary().find(term).value_or(-1));
  made.words = workspace.whole_words(made.terms);
  EXPECT_THAT(made.words, ElementsAre("governed", "nations", "societies", "voting"));
  EXPECT_THAT(workspace.whole_words(std::vector<std::string>{"zyx"}), ElementsAre("zyx"));
  made.row_ids = {1, 2, 3};
  made.row_tokens = {403, 404, 403};
  made.lda = small_lda();
  made.lda.term_topics = counts_of({{{0, 1}}, {{0, 3}}, {{0, 6}}, {{1, 1200}}});
  made.lda.document_topics = {counts_of({{{1, 403}}, {{1, 404}}, {{1, 403}}})};
  PageRequest request{.corpus = "c", .model = "lda"};
  const auto documents_with = [](const PageData& page, std::string_view term) {
    std::vector<std::string> ids;
    const std::int32_t place = place_of(page, term);
    for (const PageDocument& document : page.documents) {
      const auto& spans = document.spans;
      const bool marked = std::any_of(spans.begin(), spans.end(), [&](const auto& span) { return span.term == place; });
      const bool more = std::count(document.more.begin(), document.more.end(), place) > 0;
      EXPECT_FALSE(marked && more) << term;
      if (marked || more) ids.push_back(document.id);
    }
    return ids;
  };
  const PageData whole = make_topic_page(workspace, made, request);
  EXPECT_FALSE(whole.documents.at(0).cut);
  EXPECT_THAT(whole.documents[0].more, IsEmpty());
  EXPECT_THAT(documents_with(whole, "societi"), ElementsAre("d0", "d1", "d2"));
  EXPECT_THAT(documents_with(whole, "govern"), ElementsAre("d1"));
  EXPECT_EQ(whole.topics[0].proposal, "societies · nations · governed");
  EXPECT_EQ(whole.topics[1].proposal, "voting");
  request.bytes = to_json(whole).size() / 2;
  const PageData page = make_topic_page(workspace, made, request);
  ASSERT_EQ(page.documents.size(), 3U);
  EXPECT_TRUE(page.documents[1].cut);
  EXPECT_LE(to_json(page).size(), request.bytes);
  EXPECT_THAT(page.documents[0].more, ElementsAre(place_of(page, "nation")));
  EXPECT_THAT(documents_with(page, "govern"), ElementsAre("d1"));
  EXPECT_THAT(documents_with(page, "nation"), ElementsAre("d0", "d1", "d2"));
}

TEST_F(TopicPage, ComparesGroupsOfDocuments) {
  Workspace workspace(folder_ / "c");
  PageData page = make_topic_page(workspace, model(workspace), request_);
  ASSERT_EQ(page.trends.size(), 2U);
  EXPECT_EQ(page.trends[0].by, "date");
  EXPECT_EQ(page.trends[0].groups.size(), 30U);  // days from 5 January to 3 February
  EXPECT_EQ(page.trends[0].left_out, 1);
  EXPECT_EQ(page.trends[1].by, "label");
  EXPECT_THAT(page.trends[1].groups, ElementsAre("film", "food"));
  EXPECT_EQ(page.trends[1].share[0], (std::vector<double>{0.0, 1.0}));
  request_.groupings = {parse_grouping("meta.votes"), parse_grouping("date:month")};
  page = make_topic_page(workspace, model(workspace), request_);
  EXPECT_THAT(page.trends[0].groups, ElementsAre("3", "4", "5"));
  EXPECT_THAT(page.trends[0].documents, ElementsAre(2, 1, 2));
  EXPECT_THAT(page.trends[1].groups, ElementsAre("2020-01", "2020-02"));
}

TEST_F(TopicPage, ShowsTheNamesThatAreKeptInTheCorpus) {
  {
    corpus::Store store = corpus::Store::open(folder_ / "c", corpus::Access::write);
    corpus::Transaction transaction(store.database());
    save_topic_names(store.database(), "lda", std::vector<std::string>{"", "영화 <b>"});
    EXPECT_THROW(save_topic_names(store.database(), "lda", std::vector<std::string>{"a\nb"}), Error);
    EXPECT_THROW(save_topic_names(store.database(), "lda", std::vector<std::string>{std::string(101, 'a')}), Error);
    transaction.commit();
  }
  Workspace workspace(folder_ / "c");
  const PageData page = make_topic_page(workspace, model(workspace), request_);
  EXPECT_EQ(page.topics[0].name, "");
  EXPECT_EQ(page.topics[1].name, "영화 <b>");
  EXPECT_EQ(page.topics[1].proposal, "film · actor · director");
}

TEST_F(TopicPage, IsTheSameForEveryNumberOfThreads) {
  Workspace workspace(folder_ / "c");
  const LdaModel fitted = model(workspace);
  EXPECT_EQ(to_json(make_topic_page(workspace, fitted, request_, {.threads = 1})),
            to_json(make_topic_page(workspace, fitted, request_, {.threads = 8})));
}

TEST_F(TopicPage, KeepsItsDataWithinTheBytesAllowedAndPassesOverDocumentsThatAreGone) {
  Workspace workspace(folder_ / "c");
  LdaModel fitted = model(workspace);
  request_.bytes = to_json(make_topic_page(workspace, fitted, request_)).size() - 50;
  const PageData smaller = make_topic_page(workspace, fitted, request_);
  EXPECT_EQ(smaller.documents.size(), 3U);
  EXPECT_LE(to_json(smaller).size(), request_.bytes);
  request_.bytes = 2'000'000;
  fitted.row_ids = {1, 2, 3, 400, 500};
  const PageData page = make_topic_page(workspace, fitted, request_);
  EXPECT_EQ(page.documents.size(), 3U);
  EXPECT_EQ(page.documents_gone, 2);
  EXPECT_EQ(page.documents_of_model, 5);
  // Terms and names are those of the fit all the same.
  EXPECT_EQ(page.total_tokens, 15);
  EXPECT_EQ(page.terms[0].tokens, 4);
  EXPECT_EQ(page.topics[1].proposal, smaller.topics[1].proposal);
}

TEST_F(TopicPage, RefusesGroupsThatNoDocumentIsIn) {
  Workspace workspace(folder_ / "c");
  request_.groupings = {parse_grouping("meta.nope")};
  EXPECT_THAT([&] { (void)make_topic_page(workspace, model(workspace), request_); },
              ::testing::ThrowsMessage<Error>(HasSubstr("--by meta.nope: no document")));
}

TEST_F(TopicPage, ShowsFewerTermsOfATopicWhereThereIsNoRoomAndRefusesWhatDoesNotFit) {
  Workspace workspace(folder_ / "c");
  // 600 topics: for each λ they show 8 terms and more.
  LdaModel fitted = model(workspace);
  constexpr int kTopics = 600;
  constexpr int kTerms = 3000;
  fitted.terms.clear();
  fitted.lda.term_topics = {};
  std::vector<std::vector<std::pair<int, int>>> rows;
  for (int term = 0; term < kTerms; ++term) {
    fitted.terms.push_back(concat("term", term));
    auto& row = rows.emplace_back();
    for (int i = 0; i < 4; ++i) row.emplace_back((term % kTopics + i * 150) % kTopics, 1 + term % 7);
    std::sort(row.begin(), row.end());
  }
  fitted.term_ids.assign(kTerms, -1);
  fitted.lda.term_topics = counts_of(rows);
  fitted.lda.options.topics = kTopics;
  fitted.lda.alpha.assign(kTopics, 0.1);
  const PageData whole = make_topic_page(workspace, fitted, request_);
  EXPECT_EQ(whole.most_terms, 0);
  ASSERT_GT(whole.topics[0].terms.size(), 9U);
  request_.bytes = to_json(whole).size() * 3 / 4;
  const PageData page = make_topic_page(workspace, fitted, request_);
  EXPECT_LE(to_json(page).size(), request_.bytes);
  ASSERT_GE(page.most_terms, 3);
  std::int64_t gone = 0;
  for (std::size_t k = 0; k < kTopics; ++k) {
    EXPECT_LE(page.topics[k].terms.size(), static_cast<std::size_t>(page.most_terms));
    EXPECT_EQ(page.topics[k].proposal, whole.topics[k].proposal);
    gone += std::ssize(whole.topics[k].terms) - std::ssize(page.topics[k].terms);
  }
  EXPECT_EQ(page.terms_left_out, gone);
  EXPECT_THAT(to_json(page), HasSubstr(concat("\"terms_left_out\":", gone)));
  request_.bytes = 50'000;
  EXPECT_THAT([&] { (void)make_topic_page(workspace, fitted, request_); },
              ::testing::ThrowsMessage<Error>(HasSubstr("its 600 topics take")));
}

TEST_F(TopicPage, GivesPlotsForPapers) {
  Workspace workspace(folder_ / "c");
  const PageData page = make_topic_page(workspace, model(workspace), request_);
  std::vector<std::string> names;
  for (const PlotFile& plot : page_plots(page)) {
    names.push_back(plot.name);
    EXPECT_TRUE(plot.svg.ends_with("</svg>\n"));
    EXPECT_TRUE(is_page_plot(plot.name));
  }
  EXPECT_THAT(names, ElementsAre("map.svg", "similarity.svg", "trend-date.svg", "trend-label.svg", "terms-0.svg",
                                 "terms-1.svg"));
  EXPECT_THAT(page_plots(page)[4].svg, HasSubstr(">soup</text>"));
  EXPECT_FALSE(is_page_plot("coherence.svg"));
  PageData merged = page;
  merged.trends[1].merged = 4;
  merged.trends[1].groups.back() = "…";
  EXPECT_THAT(page_plots(merged)[3].svg, HasSubstr(">other</text>"));
}

TEST_F(TopicPage, OfAnLsaShowsBothPoles) {
  Workspace workspace(folder_ / "c");
  const LdaModel lda = model(workspace);
  LsaModel made;
  made.terms = lda.terms;
  made.term_ids = lda.term_ids;
  made.row_ids = lda.row_ids;
  topics::Lsa& lsa = made.lsa;
  lsa.singular_values = {2.0, 1.0};
  lsa.explained = {0.5, 0.125};
  lsa.residuals = {0.0, 0.0};
  lsa.terms.resize(6, 2);
  lsa.terms << 0.1F, 0.6F, 0.1F, 0.4F, 0.1F, 0.5F, 0.5F, -0.3F, 0.8F, -0.2F, 0.2F, 0.0F;
  lsa.documents.resize(5, 2);
  lsa.documents << 0.1F, 0.9F, 0.2F, 0.7F, 0.9F, -0.3F, 0.8F, -0.5F, 0.0F, 0.0F;
  const PageData page = make_lsa_page(workspace, made, request_);
  EXPECT_TRUE(page.is_lsa);
  EXPECT_EQ(page.topics[1].proposal, "kimchi · soup · rice ↔ actor · film");
  EXPECT_EQ(page.topics[0].proposal, "film · actor · director");
  EXPECT_EQ(page.topics[1].terms.size(), 5U);  // director lies at 0
  EXPECT_NEAR(page.topics[1].terms.back().value, -0.3, 1e-6);
  EXPECT_EQ(page.documents.size(), 5U);
  EXPECT_NEAR(page.topics[1].documents.back().value, -0.5, 1e-6);
  // "actor film director film": 0.5 · 2 against -0.3 · 1
  EXPECT_THAT(page.documents[2].spans, Each(::testing::Field(&PageSpan::topic, 0)));
  EXPECT_EQ(page.documents[0].spans[0], (PageSpan{0, 6, 1, 1, place_of(page, "kimchi")}));
  EXPECT_EQ(page.documents[2].spans[0].sign, 1);
  EXPECT_EQ(nlohmann::json::parse(to_json(page))["lsa"]["singular_values"][0], 2);
  EXPECT_EQ(page_plots(page).front().name, "scree.svg");
}

}  // namespace
}  // namespace malmoi::apps
