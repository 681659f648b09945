#include "tokenize/dictionary_entry.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "tokenize/normalizer.h"

namespace malmoi::tokenize {
namespace {

constexpr std::string_view kUnknown = "UNKNOWN";

// NA and UNA are what mecab-ko-dic gives words whose part of speech it could not tell.
constexpr std::array<std::string_view, 47> kTags = {
    "EC",  "EF",  "EP", "ETM", "ETN",     "IC",  "JC",  "JKB", "JKC", "JKG", "JKO", "JKQ", "JKS", "JKV", "JX", "MAG",
    "MAJ", "MM",  "NA", "NNB", "NNBC",    "NNG", "NNP", "NP",  "NR",  "SC",  "SE",  "SF",  "SH",  "SL",  "SN", "SP",
    "SSC", "SSO", "SY", "UNA", "UNKNOWN", "VA",  "VCN", "VCP", "VV",  "VX",  "XPN", "XR",  "XSA", "XSN", "XSV"};
static_assert(std::ranges::is_sorted(kTags));

constexpr std::array<std::string_view, 7> kStemTags = {"VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA"};

std::string_view tag_of(std::string_view name) {
  if (name == "VSV") return "XSV";  // a slip of mecab-ko-dic's, in 될
  const std::string_view tag = sejong_tag(name);
  return tag.empty() ? kUnknown : tag;
}

/// The lemma of a form: predicates with 다, endings with letters that everyone can type. The dictionary writes ᄇ니다
/// and ㅂ니다, ᆫ and ㄴ for the same.
std::string lemma_of(std::string_view form, std::string_view tag) {
  std::string lemma;
  fold_token(form, UnicodeForm::nfc, /*fold_case=*/false, lemma);
  if (std::ranges::find(kStemTags, tag) != kStemTags.end()) lemma += "다";
  return lemma;
}

EntryPart make_part(std::string_view form, std::string_view tag, std::string_view surface) {
  EntryPart part{.lemma = lemma_of(form, tag), .tag = tag};
  if (part.lemma == surface) part.lemma.clear();
  return part;
}

/// What stands before `separator`, which is taken from the text as well.
std::string_view take_until(char separator, std::string_view& text) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// 있긴 하지만 has an auxiliary 하 that the dictionary takes for 않, which says the contrary.
bool is_slip(std::string_view word, std::string_view expression) {
  return word == "하" && expression == "않/VX/*";
}

struct Form {
  std::string_view text;
  std::string_view tag;
};

/// 떨어지/VV/*+었/EP/* → (떨어지, VV), (었, EP); nothing if it is not like that.
std::vector<Form> parse_expression(std::string_view expression) {
  std::vector<Form> forms;
  while (!expression.empty()) {
    std::string_view part = take_until('+', expression);
    const std::string_view text = take_until('/', part);
    const std::string_view tag = take_until('/', part);
    if (text.empty() || tag.empty()) return {};
    forms.push_back({text, tag_of(tag)});
  }
  return forms;
}

/// Forms that are the word when put together have their own ranges; the others all have that of the whole word.
std::vector<EntryPart> place(const std::vector<Form>& forms, std::string_view word) {
  std::string joined;
  for (const Form& form : forms) joined += form.text;
  const bool exact = joined == word;
  std::vector<EntryPart> parts;
  std::size_t begin = 0;
  for (const Form& form : forms) {
    const std::size_t end = exact ? begin + form.text.size() : word.size();
    EntryPart& part = parts.emplace_back(make_part(form.text, form.tag, word.substr(begin, end - begin)));
    part.begin = static_cast<std::uint32_t>(begin);
    part.end = static_cast<std::uint32_t>(end);
    if (exact) begin = end;
  }
  return parts;
}

}  // namespace

std::string_view sejong_tag(std::string_view text) noexcept {
  const auto found = std::ranges::lower_bound(kTags, text);
  return found != kTags.end() && *found == text ? *found : std::string_view();
}

std::span<const std::string_view> sejong_tags() noexcept {
  return kTags;
}

std::vector<EntryPart> take_apart(std::string_view word, std::string_view feature, CompoundMode compounds) {
  std::array<std::string_view, 8> fields = {};
  for (std::string_view& field : fields) field = take_until(',', feature);
  std::string_view tags = fields[0];
  const bool several_tags = tags.find('+') != std::string_view::npos;
  const std::string_view type = fields[4];

  EntryPart whole = make_part(word, tag_of(take_until('+', tags)), word);
  whole.end = static_cast<std::uint32_t>(word.size());
  std::vector<Form> forms = parse_expression(fields[7]);
  if (is_slip(word, fields[7])) forms.clear();
  // Names with a common noun at the end (하코네산, Mount Hakone) are "Preanalysis", and compounds all the same.
  const bool compound = type == "Compound" || (type == "Preanalysis" && !several_tags);
  if (forms.empty() || (compound && (compounds == CompoundMode::whole || forms.size() == 1))) return {whole};

  std::vector<EntryPart> parts = place(forms, word);
  if (compound && compounds == CompoundMode::both) {
    for (EntryPart& part : parts) part.compound_part = true;
    parts.insert(parts.begin(), whole);
  }
  return parts;
}

}  // namespace malmoi::tokenize
