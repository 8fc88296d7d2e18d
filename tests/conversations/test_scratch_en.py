import json
from pathlib import Path


def test_scratch(host, talk_url, new_talk=None):
    import psycopg
    from tests.kit.talk import KEY, Talk
    from assistant.privacy.vault import Vault

    out = []
    with psycopg.connect(talk_url, autocommit=True) as connection:
        for block in Path("/tmp/out/eng/s/in.txt").read_text().strip().split("\n\n"):
            t = Talk(host, connection, Vault([KEY]))
            out.append("=====")
            for line in block.split("\n"):
                if not line.strip():
                    continue
                r = t.press(line[1:]) if line.startswith(">") else t.say(line)
                row = connection.execute(
                    "SELECT intent, confidence, reading FROM turns WHERE conversation=%s ORDER BY id DESC LIMIT 1",
                    (t.conversation,),
                ).fetchone()
                rd = row[2] or {}
                out.append(
                    f"U: {line}   [{row[0]} {row[1] and round(row[1], 2)} {rd.get('rule')} {rd.get('topic')}#{rd.get('facet')} {rd.get('facts')}]"
                )
                for b in r:
                    out.append(
                        "   B: "
                        + b["text"].replace("\n", " / ")
                        + "  "
                        + str([x["title"] for x in b.get("buttons", [])])
                    )
    Path("/tmp/out/eng/s/out.txt").write_text("\n".join(out))
