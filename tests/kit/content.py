"""A content folder of two small topics, for tests that change it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from assistant.editing.history import Author

LAN, HOA = Author("lan", "Trần Thị Lan"), Author("hoa", "Lê Hòa")
HOTLINE = """\
# Số tổng đài đã hỏi lại BHXH Việt Nam
topic: hotline
title: Tổng đài
answer: |-
  Bạn gọi 1900 9068.
  Bấm phím 8.
next: [office]
source:
  - "BHXH Việt Nam, 2026"   # trang chủ
checked_on: 2026-11-01
questions:
  - 'số tổng đài'   # hay hỏi nhất
  # không dấu
  - 'goi so nao'
  - 'tổng đài mấy giờ'
"""
OFFICE = """\
topic: office
title: Cơ quan BHXH
answer: |-
  Bạn đến cơ quan BHXH cơ sở.
next: [hotline, scam]
source:
  - "Quyết định 2286"
checked_on: 2026-11-01
questions:
  - 'nộp ở đâu'
"""
SCAM = OFFICE.replace("topic: office", "topic: scam").replace("Cơ quan BHXH", "Lừa đảo").replace("nộp ở đâu", "bị lừa")
DOMAIN = 'responses:\n  utter_x:\n    - buttons: [{title: A, payload: "#faq/office"}]\n'
OUT_OF_SCOPE = 'version: "3.1"\nnlu:\n- intent: out_of_scope\n  examples: |\n    - quên mật khẩu facebook\n'


def content_in(folder: Path) -> Path:
    """Writes the content below a folder and returns it; `office` is named outside of the FAQ, the others are not."""
    data = folder / "data"
    (data / "faq").mkdir(parents=True)
    (data / "dialogue").mkdir()
    for name, text in (("hotline", HOTLINE), ("office", OFFICE), ("scam", SCAM)):
        (data / "faq" / f"{name}.yml").write_text(text, encoding="utf-8")
    (data / "buttons.yml").write_text("more: Xem thêm\ncancel: Dừng lại\n", encoding="utf-8")
    (data / "dialogue/out_of_scope.yml").write_text(OUT_OF_SCOPE, encoding="utf-8")
    (folder / "domain.yml").write_text(DOMAIN, encoding="utf-8")
    return data


def git(folder: Path, *words: str) -> str:
    """Runs git in a folder as its engineer."""
    names = ["-c", "user.name=Kỹ", "-c", "user.email=ky@example.com"]
    return subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path) -> Path:
    """Makes the content below a folder and a repository with everything committed; returns the content."""
    data = content_in(folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Nội dung ban đầu")
    return data
