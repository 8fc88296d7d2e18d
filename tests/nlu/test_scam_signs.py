"""What speaks as an office and is none is named for what is wrong in it; nobody else is accused."""

from __future__ import annotations

import pytest

from assistant.nlu.scam_signs import signs


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("BHXH Viet Nam: The BHYT cua quy khach sap het han, cap nhat tai vssid-gov.vn.com truoc 17h", "look_alike"),
        ("Thông báo: tài khoản VssID của ông/bà sẽ bị khóa. Truy cập bhxh-vn.top để xác minh", "look_alike"),
        ("Quý khách vui lòng đăng nhập https://dich-vu-cong.online/nhan-tien để nhận hỗ trợ", "look_alike"),
        ("Kính gửi quý khách, bấm vào https://xn--bhx-1na.com để nhận quà tri ân", "look_alike"),
        ("CSKH BHXH: quý vị được hoàn tiền, xem tại https://bit.ly/3hoan", "short_link"),
        ("Quý khách chưa nhận 2.300.000đ BHTN. Truy cập nhan-tien247.net trong 24h", "link"),
        ("Vui lòng tải ứng dụng VssID 4.0 bản mới theo file apk đính kèm", "install"),
        ("BHXH: hồ sơ của quý khách cần đóng lệ phí 350.000đ để được giải quyết", "pay"),
        ("Kính gửi ông/bà, để tránh bị cắt thẻ vui lòng cung cấp mã OTP và ảnh căn cước", "hand_over"),
        (
            'em nhận được "BHXH thông báo: quý khách truy cập vssidgov.net để xác minh trong 24h" có thật không',
            "look_alike",
        ),
        ("Anh ơi em là cán bộ bhxh quận, anh tải app ở vssid-moi.site để đồng bộ nhé", "install"),
        ("Em là nhân viên bảo hiểm, chị chuyển 150k phí đổi thẻ giúp em", "pay"),
        ("Chị ơi em bên bảo hiểm xã hội, chị đọc em mã 6 số vừa gửi", "hand_over"),
        ("đóng phí 500k cho trang bhxh-online.net để lấy lại mật khẩu được không", "look_alike"),
        ("VssID: tai khoan dang nhap o may la. Goi ⟦phone:abcdefgh⟧ de xac minh", "number"),
        ("KHẨN: từ 01/01 ai không quét mã sẽ bị khóa thẻ. Chia sẻ cho mọi người cùng biết", "chain"),
        ("Quý khách vui lòng liên hệ hotline ⟦phone:abcdefgh⟧ để nhận tiền hỗ trợ", "number"),
        ("(BHXH VN) Đồng bộ sổ trước 15/12, quá hạn sẽ khóa. Link: https://bhxh-dongbo.top", "look_alike"),
        ("Anh chị gọi 1900 25 25 10 để lấy lại tài khoản trong ngày", "number"),
        ("Nhận lấy lại tài khoản giá chỉ 200k, uy tín, chuyển khoản trước", "pay"),
        ("Chị ơi em là Lan bên bảo hiểm phường, chị cài ứng dụng em gửi nhé", "install"),
        ("Em ở phòng chế độ, anh đọc em 6 số vừa gửi để duyệt tiền", "hand_over"),
        ("Em bên BHXH, chị gửi em ảnh hai mặt căn cước kèm mật khẩu ạ", "hand_over"),
        ('có người nhắn "bác tải app ở đây rồi quét mặt để nhận tiền" https://tai.example.com/so.apk', "install"),
        ("Yêu cầu cài đặt VssID PRO tại vssid-pro.net và cấp quyền trợ năng", "look_alike"),
    ],
)
def test_a_trap_is_named_for_what_it_is(text: str, wrong: str) -> None:
    assert wrong in signs(text)


@pytest.mark.parametrize(
    "text",
    [
        "trang bhxh.co có phải của bhxh không ad",
        "em đăng nhập vssid.baohiemxahoi.gov.vn không được",
        "em lỡ bấm vào link vssidgov.com rồi",
        "BHXH Viet Nam: Mat khau VssID cua Ong/Ba la ⟦secret⟧. De nghi doi mat khau sau khi dang nhap",
        "Kính gửi Ông/Bà, hồ sơ đã được tiếp nhận, tra cứu tại https://dichvucong.baohiemxahoi.gov.vn",
        "VCB: Quy khach tuyet doi khong cung cap OTP cho bat ky ai",
        "quên mật khẩu vssid, gửi về mail an@gmail.com giúp em",
        "vui lòng giúp em lấy lại mật khẩu",
        "em muốn đóng lệ phí thì đóng ở đâu",
        "Shopee: ⟦secret⟧ la ma xac minh cua ban",
        "tải ứng dụng VssID ở đâu ạ",
        "em là cán bộ phường, muốn hỏi vssid",
        "em bên bảo hiểm xã hội bảo em lên đây hỏi",
        "gửi cho nhiều người một lúc được không ad",
        "Trân trọng cảm ơn quý cơ quan. Liên hệ: ⟦phone:abcdefgh⟧",
        "em lỡ chuyển 200k lệ phí cho trang bhxh-online.net",
        "trang vnexpress.net nói đổi thẻ đúng không",
        "trang vnexpress.net: đóng BHYT trước 30/11",
        "VssID đã có bản mới, cập nhật tại CH Play hoặc App Store",
        "mail tới nè, đọc cho cháu luôn: Ma OTP cua quy khach: ⟦secret⟧",
        "em là cán bộ phường, cho em hỏi gửi ảnh căn cước ở đâu ạ",
        "em gọi 1900 25 25 10 tốn tiền quá",
        "em lỡ cài app ở vssid-moi.site rồi ạ",
    ],
)
def test_people_and_offices_are_not_accused(text: str) -> None:
    assert signs(text) == ()
