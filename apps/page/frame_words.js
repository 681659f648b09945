// The words that every page has, in both languages.
const frameWords = {
  ko: {
    skip: "본문으로 건너뛰기", language: "언어", theme: "밝기", theme_auto: "자동", theme_light: "밝게", theme_dark: "어둡게", how_made: "이 보고서를 만든 방법", command: "명령 (차례대로)",
    corpus: "말뭉치", model: "모형", made: "만든 때", version: "판", seed: "난수 시드", fingerprint: "모형 지문", data: "자료 지문", scrolls: "← 옆으로 밀어서 더 봅니다 →", documents_gone: "모형을 만든 문서 {all}개 가운데 {count}개는 이제 말뭉치에 없습니다. 단어와 주제의 수치는 모형을 만들 때의 것이고, 응집도와 문서는 남은 문서의 것입니다.", documents_shown: "보고서에 실린 문서", option: "옵션 {name}",
    sections: "구역", documents: "문서", cut: "뒤는 줄였습니다.", sort_by: "{column} 순서로 정렬", foot: "malmoi {version}이(가) 만든 보고서. 이 파일 하나로 네트워크 없이 열립니다.",
    d3: "그림: D3 7.9.0, © 2010–2023 Mike Bostock, ISC 사용권",
  },
  en: {
    skip: "Skip to the report", language: "Language", theme: "Theme", theme_auto: "Auto", theme_light: "Light", theme_dark: "Dark",
    how_made: "How this report was made", command: "Commands, in their order", corpus: "Corpus", model: "Model", made: "Made", version: "Version", seed: "Seed",
    fingerprint: "Fingerprint of the model", data: "Fingerprint of the data", scrolls: "← scroll sideways for more →", documents_gone: "{count} of the {all} documents of the model are gone from the corpus. Figures of terms and topics are those of the fit; coherence and documents are of those that are left.", documents_shown: "Documents in this report", option: "Option {name}", sections: "Sections",
    documents: "Documents", cut: "The rest is cut.", sort_by: "Sort by {column}",
    foot: "Made by malmoi {version}. This one file opens without a network.", d3: "Graphics: D3 7.9.0, © 2010–2023 Mike Bostock, ISC licence",
  },
};
