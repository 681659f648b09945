#include "apps/corpus_flags.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "apps/command.h"
#include "apps/dictionary.h"
#include "corpus/base/error.h"

namespace po = boost::program_options;

namespace malmoi::apps {

void ReaderFlags::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("from", po::value(&from_)->default_value(from_),
      "form of the inputs: auto, text, lines, csv, tsv, jsonl, conllu");
  add("id-field", po::value(&options_.id_field), "column of the documents' ids: a name, a number from 1, a JSON path");
  add("text-field", po::value(&options_.text_field), "column of the text");
  add("label-field", po::value(&options_.label_field), "column of the label");
  add("date-field", po::value(&options_.date_field), "column of the date");
  add("meta-field", po::value(&options_.meta_fields), "a further column to keep, may be given again; '*': all others");
  add("encoding", po::value(&options_.encoding)->default_value(options_.encoding),
      "auto, or the encoding's name: utf-8, utf-16, cp949, euc-kr ...");
  add("strip", po::value(&strip_)->default_value(strip_),
      "none, or newsgroup: posts are read without headers, footers (signatures) and quotes, as scikit-learn's remove=");
  add("on-error", po::value(&on_error_)->default_value(on_error_),
      "a malformed record: stop (nothing is stored) or skip (it is listed)");
}

corpus::ReaderOptions ReaderFlags::options() const {
  using corpus::InputForm;
  corpus::ReaderOptions options = options_;
  options.from = choose<InputForm>("--from", from_,
                                   {{"auto", InputForm::automatic},
                                    {"text", InputForm::text},
                                    {"lines", InputForm::lines},
                                    {"csv", InputForm::csv},
                                    {"tsv", InputForm::tsv},
                                    {"jsonl", InputForm::jsonl},
                                    {"conllu", InputForm::conllu}});
  options.strip = choose<corpus::Strip>("--strip", strip_,
                                        {{"none", corpus::Strip::none}, {"newsgroup", corpus::Strip::newsgroup}});
  options.on_error = choose<corpus::OnError>("--on-error", on_error_,
                                             {{"stop", corpus::OnError::stop}, {"skip", corpus::OnError::skip}});
  return options;
}

void DictionaryFlag::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("dictionary", po::value<std::string>()->notifier([this](const std::string& path) { given_ = path; }),
      "folder of the Korean dictionary (mecab-ko-dic); found by itself where it was installed");
}

std::filesystem::path DictionaryFlag::folder() const {
  return find_dictionary(given_);
}

void WhereFlag::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("where", po::value(&given_),
      "only these documents: label=0, date>=2019-01 and date<2019-07, meta.votes>100, source~news");
}

corpus::Filter WhereFlag::filter() const {
  return given_.empty() ? corpus::Filter{} : corpus::parse_filter(given_);
}

void WeightingFlags::add_to(po::options_description& flags) {
  flags.add_options()("weighting", po::value(&name_)->default_value(name_),
                      "count, binary, log, augmented, tfidf (as scikit-learn's), bm25, log-entropy, or three SMART "
                      "letters such as ltc");
  flags.add_options()("norm", po::value(&normalization_),
                      "length of a document's row: none, l1, l2, max; tfidf has l2 by itself");
}

vectorize::WeightingOptions WeightingFlags::options() const {
  using vectorize::GlobalWeight;
  using vectorize::LocalWeight;
  using vectorize::Normalization;
  const auto local = [](LocalWeight weight, GlobalWeight global = GlobalWeight::none) {
    return vectorize::WeightingOptions{.local = weight, .global = global, .normalization = Normalization::none};
  };
  const std::vector<Choice<vectorize::WeightingOptions>> named = {
      {"count", local(LocalWeight::count)},
      {"binary", local(LocalWeight::binary)},
      {"log", local(LocalWeight::log)},
      {"augmented", local(LocalWeight::augmented)},
      {"tfidf", {}},
      {"bm25", vectorize::bm25_options()},
      {"log-entropy", local(LocalWeight::log, GlobalWeight::entropy)}};  // Dumais 1991
  const auto found = std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.name == name_; });
  vectorize::WeightingOptions options;
  try {
    options = found != named.end() ? found->value : vectorize::parse_smart(name_);
  } catch (const Error&) {
    throw UsageError(concat("--weighting ", name_,
                            ": count, binary, log, augmented, tfidf, bm25, log-entropy or three "
                            "SMART letters such as ltc are wanted"));
  }
  if (!normalization_.empty()) {
    options.normalization = choose<Normalization>("--norm", normalization_,
                                                  {{"none", Normalization::none},
                                                   {"l1", Normalization::l1},
                                                   {"l2", Normalization::l2},
                                                   {"max", Normalization::max}});
  }
  return options;
}

vectorize::Frequency parse_frequency(std::string_view flag, std::string_view text) {
  std::string_view digits = text;
  const bool percent = digits.ends_with('%');
  if (percent) digits.remove_suffix(1);
  vectorize::Frequency frequency;
  frequency.share = percent || digits.find('.') != std::string_view::npos;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), frequency.value);
  if (percent) frequency.value /= 100;
  const bool fits = frequency.value >= 0 && (!frequency.share || frequency.value <= 1);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || !fits) {
    throw UsageError(concat(flag, " ", text, ": give a number of documents, or a share such as 0.5 or 50%"));
  }
  return frequency;
}

}  // namespace malmoi::apps
