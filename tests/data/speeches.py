"""Makes speeches.jsonl.gz from the inaugural addresses of the NLTK corpora (JSON Lines {id, text}, .gz)."""

import gzip
import json
import sys

# Family names that two presidents share, by the year of the address.
FULL_NAMES = {
    "1797": "John Adams", "1825": "John Quincy Adams", "1841": "William Harrison", "1889": "Benjamin Harrison",
    "1905": "Theodore Roosevelt", "1933": "Franklin Roosevelt", "1937": "Franklin Roosevelt",
    "1941": "Franklin Roosevelt", "1945": "Franklin Roosevelt", "1989": "George H. W. Bush", "2001": "George W. Bush",
    "2005": "George W. Bush", "1837": "Van Buren",
}

# One file of the source holds typographic marks of another encoding read as Windows-1252.
REPAIRS = {"¡§": "“", "¡¨": "”", "¡¦": "’", "¡X": "—", "¡K": "…"}


def repaired(text):
    for wrong, right in REPAIRS.items():
        text = text.replace(wrong, right)
    return text


source, target = sys.argv[1:]
with gzip.open(source, "rt", encoding="utf-8") as lines, open(target, "wb") as file:
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:  # no name and time: the same bytes each time
        for line in lines:
            speech = json.loads(line)
            corpus, name = speech["id"].split("/")
            if corpus != "inaugural":
                continue
            year, president = name.split("-", 1)
            record = {
                "id": name,
                "date": year,
                "president": FULL_NAMES.get(year, president),
                "text": repaired(speech["text"]),
            }
            packed.write((json.dumps(record, ensure_ascii=False) + "\n").encode())
