// The words that the documents of the fixture are made of: twelve topics, words of every topic, Korean particles.
export const pools = {
  ko: [
    "배우 연기 캐스팅 주연 조연 대사 표정 연기력 역할 인물 배역 몰입 눈빛 목소리 카리스마 주인공 연기파 발성 호흡 매력",
    "감독 연출 각본 작품 장면 편집 촬영 영상미 구성 전개 시나리오 카메라 미장센 화면 감각 구도 색감 리듬 상징 의도",
    "음악 노래 영화음악 주제가 가사 선율 감동 여운 귀 소리 음향 피아노 합창 공연 무대 밴드 음반 작곡 멜로디 엔딩곡",
    "눈물 감동 가족 어머니 아버지 사랑 마음 이별 추억 그리움 위로 따뜻함 울음 희생 행복 아이 형제 인생 온기 진심",
    "액션 총격 추격 폭발 격투 전투 칼 무기 속도감 긴장감 스릴 영웅 악당 타격감 무술 차량 스턴트 특수효과 박진감 싸움",
    "공포 귀신 비명 어둠 저주 괴물 피 긴장 소름 반전 유령 악몽 폐가 밤 살인 시체 공포감 놀람 무서움 심령",
    "코미디 웃음 유머 개그 농담 폭소 재치 풍자 코믹 장난 개그맨 황당 배꼽 패러디 엉뚱함 바보 입담 웃음꽃 희극 몸개그",
    "시간 돈 아까움 지루함 실망 별로 최악 후회 쓰레기 하품 졸음 허무 평점 알바 낚시 기대 환불 낭비 억지 짜증",
    "역사 전쟁 조선 임금 장군 시대 백성 독립 일제 고증 전투 나라 왕 사극 궁궐 의병 군인 기록 사실 왜곡",
    "만화 애니 캐릭터 더빙 그림 원작 극장판 어린이 동심 모험 마법 로봇 지브리 디즈니 픽사 성우 색채 상상력 동화 요정",
    "결말 반전 복선 추리 범인 단서 사건 형사 수사 미스터리 비밀 증거 함정 심리 퍼즐 의심 용의자 진실 기억 거짓말",
    "드라마 방송 시즌 회차 시청률 재방송 본방 작가 막장 종영 시청자 채널 주말극 아침극 예능 출연 분량 주간 편성 화제",
  ],
  en: [
    "people government citizens public nation states union constitution congress law power rights duty office liberty federal republic authority trust vote",
    "war peace army soldiers enemy victory defense weapons nations battle allies forces security treaty navy conflict threat courage sacrifice freedom",
    "economy jobs tax budget trade money market growth business labor wages industry debt prices banks farms workers income spending prosperity",
    "school teachers students education college learning books science research knowledge university class youth skills training reading library study lessons scholars",
    "health doctors hospital patients medicine care disease insurance treatment nurses drugs cancer clinic surgery vaccine illness cure symptoms safety recovery",
    "space orbit launch rocket satellite moon mission shuttle earth planet station astronauts engine flight solar telescope mars crew probe gravity",
    "computer software windows disk memory files graphics keyboard driver network program screen server printer version code modem data user hardware",
    "game team season players hockey baseball league coach score goal fans playoffs win defense rookie pitcher trade ice stadium draft",
    "car engine miles speed tires brakes dealer drive oil fuel ford honda insurance wheel road clutch turbo price model repair",
    "church faith god jesus bible belief prayer truth scripture sin christian heaven spirit religion soul worship gospel priest mercy grace",
    "key encryption chip privacy security clipper algorithm agency phone wiretap keys secure crypto message attack password public code escrow police",
    "music song band album guitar concert singer stage radio melody drums piano tour record voice dance lyrics audience orchestra jazz",
  ],
};
// They make the order of terms depend on λ.
export const common = {
  ko: "영화 정말 그냥 진짜 생각 사람 너무 처음 오늘 조금".split(" "),
  en: "time year thing way good new said make know same".split(" "),
};
export const particles = ["의", "이", "가", "은", "는", "을", "를", "도", "에서", "만", "까지", "처럼", "", "", ""];
