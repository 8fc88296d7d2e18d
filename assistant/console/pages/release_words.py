"""Words of the pages of releases."""

from __future__ import annotations

STATES = {
    "waiting": "đang chờ máy", "checking": "đang kiểm tra", "training": "đang huấn luyện", "evaluating": "đang đo",
    "ready": "đạt", "blocked": "chưa đạt", "failed": "không thành", "cancelled": "đã dừng",
}  # fmt: skip
STEPS = {"checking": "Kiểm tra nội dung", "training": "Huấn luyện", "evaluating": "Đo chất lượng"}
KINDS = {"added": "mới", "changed": "đã sửa", "removed": "đã bỏ"}
#: What is understood besides topics and buttons, by intent.
OTHERS = {
    "nlu_fallback": "không hiểu", "out_of_scope": "ngoài phạm vi", "other_bhxh": "việc khác của BHXH",
    "reset_password": "quên mật khẩu", "reset_rejected": "lấy lại mật khẩu không được", "inform": "đưa thông tin",
    "affirm": "đồng ý", "deny": "không đồng ý", "cancel": "muốn dừng", "greet": "chào", "goodbye": "tạm biệt",
    "thank": "cảm ơn", "ask_capabilities": "hỏi trợ lý làm được gì", "ask_bot": "hỏi có phải máy không",
    "ask_human": "muốn gặp nhân viên", "complain": "phàn nàn", "lost_contact": "mất cả sim và e-mail",
    "ask_erase": "muốn xóa dữ liệu", "advise": "hỏi nên làm cách nào", "advise_locked": "bị khóa tài khoản",
    "unsure": "chưa rõ", "step_done": "làm xong bước", "step_failed": "bước không được",
    "sent_nothing": "tin trống", "sent_too_long": "tin quá dài", "question_status": "hỏi câu đã để lại",
}  # fmt: skip
