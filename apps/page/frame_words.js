// The words that every page has, in both languages.
const frameWords = {
  ko: {
    skip: "본문으로 건너뛰기", language: "언어", theme: "밝기", theme_auto: "자동", theme_light: "밝게", theme_dark: "어둡게", how_made: "이 보고서를 만든 방법", command: "명령",
    corpus: "말뭉치", model: "모형", made: "만든 때", version: "판", seed: "난수 시드", fingerprint: "모형 지문", documents_shown: "보고서에 실린 문서", option: "옵션 {name}",
    sections: "구역", documents: "문서", cut: "뒤는 줄였습니다.", sort_by: "{column} 순서로 정렬", foot: "malmoi {version}이(가) 만든 보고서. 이 파일 하나로 네트워크 없이 열립니다.",
    d3: "그림: D3 7.9.0, © 2010–2023 Mike Bostock, ISC 사용권",
  },
  en: {
    skip: "Skip to the report", language: "Language", theme: "Theme", theme_auto: "Auto", theme_light: "Light", theme_dark: "Dark",
    how_made: "How this report was made", command: "Command", corpus: "Corpus", model: "Model", made: "Made", version: "Version", seed: "Seed",
    fingerprint: "Fingerprint of the model", documents_shown: "Documents in this report", option: "Option {name}", sections: "Sections",
    documents: "Documents", cut: "The rest is cut.", sort_by: "Sort by {column}",
    foot: "Made by malmoi {version}. This one file opens without a network.", d3: "Graphics: D3 7.9.0, © 2010–2023 Mike Bostock, ISC licence",
  },
};
