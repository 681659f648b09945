#include "apps/analysis_flags.h"

#include <array>
#include <boost/program_options.hpp>
#include <fstream>
#include <iterator>

#include "apps/command.h"
#include "apps/parse.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) throw Error(ErrorCode::io, concat(path, ": cannot be read"));
  return text;
}

// The parts between commas; empty ones are left out.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(separator), text.size());
    if (length > 0) parts.emplace_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return parts;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::string& line : split(text, '\n')) {
    if (line.back() == '\r') line.pop_back();
    if (!line.empty() && line.front() != '#') lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

struct AnalysisFlags::Given {
  std::optional<std::string> analyzer, pos, compounds, user_dictionary, grams, unicode, stem, contractions, kinds,
      stop_words, phrases;
  std::optional<int> min_length, max_length, repeat, ngrams;

  [[nodiscard]] bool any() const {
    return analyzer || pos || compounds || user_dictionary || grams || unicode || stem || contractions || kinds ||
           stop_words || min_length || max_length || repeat || ngrams;
  }
};

AnalysisFlags::AnalysisFlags() : given_(std::make_unique<Given>()) {}
AnalysisFlags::~AnalysisFlags() = default;

void AnalysisFlags::add_to(po::options_description& flags) {
  const auto text = [](std::optional<std::string>& into) {
    return po::value<std::string>()->notifier([&into](const std::string& value) { into = value; });
  };
  const auto number = [](std::optional<int>& into) {
    return po::value<int>()->notifier([&into](int value) { into = value; });
  };
  Given& given = *given_;
  auto add = flags.add_options();
  add("analyzer", text(given.analyzer), "what Korean text is cut into: morph (default), word, syllable, jamo");
  add("pos", text(given.pos),
      "morph: parts of speech to keep: noun, verb, adjective, adverb ... or Sejong tags (NNG,VV)");
  add("compounds", text(given.compounds), "morph: compound nouns as whole (default), split, both");
  add("user-dictionary", text(given.user_dictionary),
      "morph: file of your own words, one a line, a tag behind if wanted");
  add("grams", text(given.grams), "syllable, jamo: lengths of the n-grams, such as 2 or 1-3 (default 2)");
  add("unicode", text(given.unicode), "Unicode form of terms: nfkc (default), nfc");
  add("stem", text(given.stem), "English stems: none (default), english (Snowball), porter");
  add("contractions", text(given.contractions), "English contractions: split (don't: do + not; default), keep");
  add("kinds", text(given.kinds),
      "kinds of token to keep, of word, number, url, email, hashtag, mention, emoji, punctuation "
      "(default: word,number,hashtag,mention,emoji)");
  add("stop-words", text(given.stop_words), "built-in (default), none, or a file with one a line");
  add("min-length", number(given.min_length), "shortest term, in characters (default 1)");
  add("max-length", number(given.max_length), "longest term, in characters (default 100)");
  add("repeat", number(given.repeat), "longest run of one jamo, as in ㅋㅋㅋㅋ (default 2; 0: as it is)");
  add("ngrams", number(given.ngrams), "also runs of up to this many words as terms (default 1)");
  add("phrases", text(given.phrases),
      "learn two-word phrases by npmi or log-likelihood, with a threshold if wanted: npmi:0.5");
}

void AnalysisFlags::read_korean(tokenize::AnalyzerOptions& options) const {
  using namespace tokenize;
  const Given& given = *given_;
  if (given.analyzer) {
    options.korean = choose<KoreanUnit>("--analyzer", *given.analyzer,
                                        {{"morph", KoreanUnit::morph},
                                         {"word", KoreanUnit::word},
                                         {"syllable", KoreanUnit::syllable},
                                         {"jamo", KoreanUnit::jamo}});
  }
  if (given.pos) options.tags = parse_tags(*given.pos);
  if (given.compounds) {
    options.compounds = choose<CompoundMode>(
        "--compounds", *given.compounds,
        {{"whole", CompoundMode::whole}, {"split", CompoundMode::split}, {"both", CompoundMode::both}});
  }
  if (given.user_dictionary) options.user_words = parse_user_words(read_file(*given.user_dictionary));
  if (given.grams) {
    const std::vector<std::string> ends = split(*given.grams, '-');
    if (ends.empty() || ends.size() > 2) throw UsageError("--grams: give a length or a range, such as 2 or 1-3");
    options.gram_min = static_cast<int>(parse_number("--grams", ends.front()));
    options.gram_max = static_cast<int>(parse_number("--grams", ends.back()));
  }
  options.repeat_limit = given.repeat.value_or(options.repeat_limit);
}

void AnalysisFlags::read_words(tokenize::AnalyzerOptions& options) const {
  using namespace tokenize;
  const Given& given = *given_;
  if (given.unicode) {
    options.form =
        choose<UnicodeForm>("--unicode", *given.unicode, {{"nfkc", UnicodeForm::nfkc}, {"nfc", UnicodeForm::nfc}});
  }
  if (given.stem) {
    options.stemmer = choose<Stemmer>(
        "--stem", *given.stem, {{"none", Stemmer::none}, {"english", Stemmer::english}, {"porter", Stemmer::porter}});
  }
  if (given.contractions) {
    options.contractions = choose<Contractions>("--contractions", *given.contractions,
                                                {{"split", Contractions::split}, {"keep", Contractions::keep}});
  }
  options.ngrams = given.ngrams.value_or(options.ngrams);
}

void AnalysisFlags::read_filters(tokenize::AnalyzerOptions& options) const {
  using namespace tokenize;
  const Given& given = *given_;
  if (given.kinds) {
    options.kinds.clear();
    for (const std::string& kind : split(*given.kinds, ',')) {
      std::array<std::string_view, kTokenKinds> names;
      for (std::size_t i = 0; i < names.size(); ++i) names[i] = name(static_cast<TokenKind>(i));
      options.kinds.push_back(static_cast<TokenKind>(choice_index("--kinds", kind, names)));
    }
  }
  if (given.stop_words) {
    options.stop_words.reset();
    if (*given.stop_words == "none") options.stop_words.emplace();
    if (*given.stop_words != "none" && *given.stop_words != "built-in") {
      options.stop_words = lines_of(read_file(*given.stop_words));
    }
  }
  options.min_length = given.min_length.value_or(options.min_length);
  options.max_length = given.max_length.value_or(options.max_length);
}

std::optional<vectorize::CollocationOptions> AnalysisFlags::phrases() const {
  using vectorize::Association;
  if (!given_->phrases) return std::nullopt;
  const std::vector<std::string> parts = split(*given_->phrases, ':');
  if (parts.empty() || parts.size() > 2) throw UsageError("--phrases: give npmi or log-likelihood, or npmi:0.5");
  vectorize::CollocationOptions options;
  options.min_count = 10;
  options.measure = choose<Association>("--phrases", parts.front(),
                                        {{"npmi", Association::npmi}, {"log-likelihood", Association::log_likelihood}});
  // G² of 15.13 is p = 0.0001 for one degree of freedom; NPMI of 0.5 is half way to always together.
  options.min_score = options.measure == Association::npmi ? 0.5 : 15.13;
  if (parts.size() == 2) options.min_score = parse_number("--phrases", parts.back());
  return options;
}

std::optional<tokenize::AnalyzerOptions> AnalysisFlags::options(const tokenize::AnalyzerOptions& base) const {
  if (!given_->any()) return std::nullopt;
  tokenize::AnalyzerOptions options = base;
  read_korean(options);
  read_words(options);
  read_filters(options);
  return options;
}

}  // namespace malmoi::apps
