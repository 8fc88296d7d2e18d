"""Words of the pages of releases."""

from __future__ import annotations

STATES = {
    "waiting": "đang chờ máy", "checking": "đang kiểm tra", "training": "đang huấn luyện", "evaluating": "đang đo",
    "ready": "đạt", "blocked": "chưa đạt", "failed": "không thành", "cancelled": "đã dừng",
}  # fmt: skip
STEPS = {"checking": "Kiểm tra nội dung", "training": "Huấn luyện", "evaluating": "Đo chất lượng"}
KINDS = {"added": "mới", "changed": "đã sửa", "removed": "đã bỏ"}
