"""What is live: promoting, going back, and which node runs what."""

from __future__ import annotations

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assistant.release import store
from assistant.release.model import Act, By, Live, NodeState, Release, ReleaseError
from assistant.release.store import Connection

#: A node that has not been heard of for so long is gone.
NODE_SECONDS = 20


def live(connection: Connection) -> Live | None:
    """Returns what is live; None as long as nothing was released: each node serves its own model."""
    with connection.cursor(row_factory=class_row(Live)) as cursor:
        return cursor.execute(
            "SELECT l.release, l.act, l.at, l.shown, r.content_change FROM release_acts l"
            " JOIN releases r ON r.id = l.release ORDER BY l.id DESC LIMIT 1"
        ).fetchone()


def why_not(release: Release) -> str | None:
    """Returns why a release cannot become live, as a sentence; None if it can."""
    if release.active:
        return "Bản này chưa huấn luyện xong."
    if release.state == "blocked":
        return f"Bản này chưa đạt mức chất lượng nên không phát hành được. {release.trouble or ''}".strip()
    if release.state != "ready":
        return "Lần huấn luyện này không thành công nên không có gì để phát hành."
    if not release.kept:
        return "Bản này quá cũ, không còn được lưu."
    return None


def accept(connection: Connection, number: int, by: By, asks_only: bool) -> Release:
    """Lets a release go on whose only fault was that new questions look misplaced: somebody read them, and meant it.

    Raises:
        ReleaseError: if something else stands in its way.
    """
    release = store.find(connection, number)
    if release is None or release.state != "blocked" or not asks_only:
        raise ReleaseError("Bản này còn lỗi khác nên chưa phát hành được. Bạn sửa nội dung rồi làm lại.")
    store.note(
        connection, number, state="ready", trouble=None, metrics=(release.metrics or {}) | {"accepted": by.shown}
    )
    store.tell(connection)
    return release


def approve(connection: Connection, number: int, by: By) -> Release:
    """Notes that a second person lets a release go live.

    Raises:
        ReleaseError: if it is the same person who had it built, or it is not good enough.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", (store.DECIDING,))
    release = store.find(connection, number)
    if release is None:
        raise ReleaseError("Không có bản này.")
    if reason := why_not(release):
        raise ReleaseError(reason)
    if release.staff == by.name:
        raise ReleaseError("Bạn là người làm bản này. Nhờ một đồng nghiệp khác xem và duyệt nhé.")
    if release.approver:
        raise ReleaseError(f"{release.approver_shown} đã duyệt bản này.")
    connection.execute(
        "UPDATE releases SET approver = %s, approver_shown = %s, approved_at = now() WHERE id = %s",
        (by.name, by.shown, number),
    )
    store.tell(connection)
    return release


def waits_for_approval(release: Release, two_people: bool) -> bool:
    """Tells whether a second person has to approve a release before it goes live for the first time."""
    return two_people and release.origin == "built" and not release.was_live and not release.approver


def make_live(
    connection: Connection, number: int, act: Act, by: By, seen: int | None, two_people: bool = False
) -> Release:
    """Makes a release what all nodes serve.

    Args:
        connection: in a transaction; nodes are told when it commits.
        number: the release.
        act: "rolled_back" goes back to what was live before, "promoted" goes on to something new.
        by: who does it.
        seen: what was live on the page of whoever does it.
        two_people: whether a second person has to have approved it (RELEASE_TWO_PEOPLE).

    Raises:
        ReleaseError: if it is not good enough, or another person was quicker.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", (store.DECIDING,))
    now, release = live(connection), store.find(connection, number)
    if release is None:
        raise ReleaseError("Không có bản này.")
    if (now.release if now else None) != seen:
        shown = now.shown if now else "đồng nghiệp"
        raise ReleaseError(f"Bản đang chạy vừa được {shown} thay đổi. Bạn xem lại rồi hãy quyết định.")
    if now and now.release == number:
        raise ReleaseError("Bản này đang chạy rồi.")
    reason = why_not(release)
    if reason:
        raise ReleaseError(reason)
    if waits_for_approval(release, two_people):
        raise ReleaseError("Nơi này cần người thứ hai duyệt. Nhờ đồng nghiệp mở bản này và bấm “Duyệt”.")
    if act == "rolled_back" and not (release.was_live or release.origin == "found"):
        raise ReleaseError("Bản này chưa chạy lần nào nên không quay lại được; hãy phát hành nó.")
    before = now.release if now else release.against if release.origin == "built" else None
    connection.execute(
        "INSERT INTO release_acts (release, before, act, staff, shown) VALUES (%s, %s, %s, %s, %s)",
        (number, before, act, by.name, by.shown),
    )
    connection.execute("UPDATE releases SET shadow_until = least(shadow_until, now()) WHERE shadow_until > now()")
    store.prune(connection)
    store.tell(connection)
    return release


def report(connection: Connection, node: NodeState) -> None:
    """Says what a node runs."""
    connection.execute(
        "INSERT INTO release_nodes (name, release, model, trouble, engines) VALUES (%(name)s, %(release)s, %(model)s,"
        " %(trouble)s, %(engines)s) ON CONFLICT (name) DO UPDATE SET release = excluded.release,"
        " model = excluded.model, trouble = excluded.trouble, engines = excluded.engines, seen_at = now()",
        vars(node) | {"engines": Jsonb(node.engines)},
    )
    connection.execute("DELETE FROM release_nodes WHERE seen_at < now() - interval '1 hour'")


def forget(connection: Connection, name: str) -> None:
    """Takes a node that ends off the list."""
    connection.execute("DELETE FROM release_nodes WHERE name = %s", (name,))


def nodes(connection: Connection) -> list[NodeState]:
    """Returns the nodes that are there."""
    with connection.cursor(row_factory=class_row(NodeState)) as cursor:
        return cursor.execute(
            "SELECT name, release, model, trouble, engines, seen_at FROM release_nodes"
            " WHERE seen_at > now() - make_interval(secs => %s) ORDER BY name",
            (NODE_SECONDS,),
        ).fetchall()
