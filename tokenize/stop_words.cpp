#include "tokenize/stop_words.h"

#include <algorithm>
#include <functional>

namespace malmoi::tokenize {
namespace {

// Contractions whole, and the pieces that are left when a tokenizer cuts them at the apostrophe. n't forms deny: kept.
constexpr std::string_view kEnglish[] = {
    "'d",        "'ll",      "'m",        "'re",     "'s",       "'t",      "'ve",        "a",          "about",
    "above",     "across",   "after",     "again",   "against",  "all",     "almost",     "along",      "already",
    "also",      "although", "am",        "amid",    "among",    "an",      "and",        "another",    "any",
    "are",       "around",   "as",        "at",      "be",       "because", "been",       "before",     "behind",
    "being",     "below",    "beside",    "besides", "between",  "beyond",  "both",       "but",        "by",
    "can",       "could",    "d",         "did",     "do",       "does",    "doing",      "done",       "down",
    "during",    "each",     "either",    "else",    "etc",      "even",    "ever",       "every",      "few",
    "for",       "from",     "had",       "has",     "have",     "having",  "he",         "he'd",       "he'll",
    "he's",      "hence",    "her",       "here",    "here's",   "hers",    "herself",    "him",        "himself",
    "his",       "how",      "how's",     "however", "i",        "i'd",     "i'll",       "i'm",        "i've",
    "if",        "in",       "into",      "is",      "it",       "it'd",    "it'll",      "it's",       "its",
    "itself",    "just",     "least",     "less",    "let",      "let's",   "ll",         "m",          "many",
    "may",       "maybe",    "me",        "might",   "mine",     "more",    "most",       "much",       "must",
    "my",        "myself",   "near",      "now",     "of",       "off",     "on",         "once",       "one",
    "oneself",   "only",     "onto",      "or",      "other",    "others",  "ought",      "our",        "ours",
    "ourselves", "out",      "over",      "own",     "per",      "perhaps", "quite",      "rather",     "re",
    "s",         "same",     "several",   "shall",   "she",      "she'd",   "she'll",     "she's",      "should",
    "since",     "so",       "some",      "still",   "such",     "t",       "than",       "that",       "that'd",
    "that'll",   "that's",   "the",       "their",   "theirs",   "them",    "themselves", "then",       "there",
    "there'll",  "there's",  "therefore", "these",   "they",     "they'd",  "they'll",    "they're",    "they've",
    "this",      "those",    "though",    "through", "thus",     "till",    "to",         "too",        "toward",
    "towards",   "under",    "unless",    "until",   "up",       "upon",    "us",         "ve",         "very",
    "via",       "was",      "we",        "we'd",    "we'll",    "we're",   "we've",      "were",       "what",
    "what's",    "whatever", "when",      "when's",  "whenever", "where",   "where's",    "whereas",    "wherever",
    "whether",   "which",    "whichever", "while",   "who",      "who'll",  "who's",      "whoever",    "whom",
    "whose",     "why",      "why's",     "will",    "with",     "within",  "would",      "yet",        "you",
    "you'd",     "you'll",   "you're",    "you've",  "your",     "yours",   "yourself",   "yourselves",
};

constexpr std::string_view kKoreanWords[] = {
    "각",       "각각",     "같은",   "같이",     "거",     "거기",   "거기서",   "거기에", "거야",     "거지",
    "건",       "걸",       "것",     "것과",     "것도",   "것에",   "것으로",   "것은",   "것을",     "것이",
    "것이다",   "것입니다", "게",     "게다가",   "곧",     "관한",   "관해",     "그",     "그가",     "그건",
    "그걸",     "그것",     "그것도", "그것은",   "그것을", "그것이", "그게",     "그곳",   "그녀",     "그녀가",
    "그녀는",   "그녀의",   "그는",   "그들",     "그들은", "그들의", "그들이",   "그래도", "그래서",   "그러나",
    "그러니까", "그러다가", "그러면", "그러므로", "그러한", "그런",   "그런데",   "그럼",   "그렇게",   "그렇지만",
    "그를",     "그리고",   "그와",   "그의",     "근데",   "나",     "나는",     "나도",   "나를",     "나의",
    "난",       "내",       "내가",   "너",       "너는",   "너무",   "너의",     "네가",   "누가",     "누구",
    "니가",     "다른",     "다만",   "다시",     "단지",   "대하여", "대한",     "대해",   "대해서",   "더",
    "더구나",   "돼서",     "됐다",   "되는",     "되다",   "되어",   "된다",     "됩니다", "등",       "등에",
    "등을",     "등의",     "등이",   "따라",     "따라서", "따른",   "때",       "때가",   "때는",     "때도",
    "때문",     "때문에",   "또",     "또는",     "또한",   "만약",   "만일",     "매우",   "모든",     "무엇",
    "무엇을",   "무엇이",   "물론",   "뭐",       "뭔가",   "뭘",     "및",       "바로",   "반면",     "반면에",
    "서로",     "수",       "수가",   "수는",     "수도",   "아마",   "아주",     "어느",   "어디",     "어디서",
    "어떤",     "어떻게",   "언제",   "여기",     "여기서", "여기에", "여러",     "왜",     "왜냐하면", "우리",
    "우리가",   "우리는",   "우리를", "우리의",   "위하여", "위한",   "위해",     "위해서", "의한",     "의해",
    "이",       "이건",     "이걸",   "이것",     "이것도", "이것은", "이것을",   "이것이", "이게",     "이곳",
    "이는",     "이다",     "이러한", "이런",     "이렇게", "이를",   "이미",     "이에",   "이와",     "이제",
    "인한",     "인해",     "입니다", "있고",     "있는",   "있다",   "있습니다", "있어",   "있어서",   "있었다",
    "있을",     "저",       "저것",   "저것은",   "저것이", "저게",   "저기",     "저는",   "저도",     "저런",
    "저렇게",   "저를",     "저의",   "저희",     "저희는", "정말",   "제",       "제가",   "좀",       "즉",
    "지금",     "통한",     "통해",   "통해서",   "하고",   "하는",   "하다",     "하여",   "하지만",   "한다",
    "할",       "함",       "함께",   "합니다",   "해서",   "했다",   "혹은",
};

constexpr std::string_view kKoreanMorphemes[] = {
    "같다",   "거",     "거기",   "것",     "경우",     "곧",     "관하다", "그",       "그거",   "그것",   "그곳",
    "그녀",   "그래도", "그래서", "그러나", "그러니까", "그러다", "그러면", "그러므로", "그런데", "그렇게", "그렇다",
    "그리고", "나",     "너",     "누구",   "다시",     "대하다", "더",     "데",       "되다",   "등",     "따라서",
    "따르다", "때",     "때문",   "또",     "또한",     "무엇",   "뭐",     "및",       "바로",   "뿐",     "서로",
    "수",     "어디",   "어떻게", "어떻다", "어쩌다",   "언제",   "여기",   "왜",       "우리",   "위하다", "의하다",
    "이거",   "이것",   "이곳",   "이다",   "이러다",   "이렇게", "이렇다", "이제",     "인하다", "있다",   "저",
    "저거",   "저것",   "저기",   "저렇다", "저희",     "정도",   "즉",     "통하다",   "하다",   "하지만", "함께",
};

constexpr bool strictly_ascending(std::span<const std::string_view> words) {
  return std::ranges::adjacent_find(words, std::ranges::greater_equal{}) == words.end();
}
static_assert(strictly_ascending(kEnglish) && strictly_ascending(kKoreanWords) && strictly_ascending(kKoreanMorphemes));

}  // namespace

std::span<const std::string_view> built_in_stop_words(StopList list) {
  switch (list) {
    case StopList::english:
      return kEnglish;
    case StopList::korean_words:
      return kKoreanWords;
    case StopList::korean_morphemes:
      return kKoreanMorphemes;
  }
  return {};
}

}  // namespace malmoi::tokenize
