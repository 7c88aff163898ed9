"""What the terminal says, in Japanese and English: Django is not loaded yet to translate."""

import os
import unicodedata

WORDS = {
    "ja": {
        "postgres": "データベース (PostgreSQL)",
        "redis": "Redis",
        "prepare": "マイグレーションと準備",
        "web": "Web",
        "events": "ライブ更新 (events)",
        "worker": "ワーカー",
        "beat": "定期実行 (beat)",
        "pump": "配送の番人 (pump)",
        "seconds": "{seconds:.1f} 秒",
        "unready": "まだ準備中です。ログ: {log}",
        "already_running": "すでに動いています: {url} (プロセス {pid})",
        "port_taken": "ポート {wanted} は使用中のため、{port} を使います。",
        "disk_low": "注意: {path} の空き容量が {megabytes} MB しかありません。1 GB 以上を空けてください。",
        "demo_refused": (
            "HOST={host} は他のコンピューターから届くため、公開のデモ用パスワードでは起動しません。\n"
            "デモを使わないなら DEMO=0 を、手元だけで使うなら HOST=127.0.0.1 を指定してください。"
        ),
        "bad_port": "PORT={port} はポート番号ではありません。1 から 65535 の数を指定してください。",
        "failed": "{name} を開始できませんでした。ログ {log} の最後の行:",
        "failed_next": "原因を直してから、もう一度 make run を実行してください。",
        "died": "{name} が終了しました (コード {code})。{delay:.1f} 秒後に再開します。",
        "back": "{name} を再開しました。",
        "emptying": "デモを終えます。すべて削除し、空のデスクで始めます…",
        "stopping": "停止しています…",
        "stopped": "停止しました。データは {data_dir} に残っています。",
        "cannot_reset": "動いている間は初期化できません。先に Ctrl-C で停止してください。",
        "not_ours": "{data_dir} は Yakusoku のデータディレクトリではないため、削除しません。",
        "nothing_to_reset": "{data_dir} はありません。初期化は不要です。",
        "reset": "{data_dir} を削除しました。",
        "title": "Yakusoku が動いています",
        "open": "デスク",
        "form": "お客様のフォーム",
        "secret_link": "お客様の専用ページ (例)",
        "begin": "管理者がまだいません。次のリンクから設定を始めてください (他の人には見せないでください)",
        "people": "デモのログイン (パスワードは全員 {password})",
        "agent": "担当者",
        "lead": "チームリーダー",
        "manager": "マネージャー",
        "administrator": "管理者",
        "other_team": "別チームの担当者",
        "demo_end": "デモを終える (管理者)",
        "mail": "メール",
        "mail_demo": "送信されません → {url}",
        "mail_real": "EMAIL_URL の送信サーバーから送られます",
        "mail_files": "送信されません。{path} に保存されます",
        "data": "データ",
        "logs": "ログ",
        "hint": "Ctrl-C で停止 · make reset で初期化",
    },
    "en": {
        "postgres": "Database (PostgreSQL)",
        "redis": "Redis",
        "prepare": "Migrations and preparation",
        "web": "Web",
        "events": "Live updates (events)",
        "worker": "Worker",
        "beat": "Timer (beat)",
        "pump": "Delivery guard (pump)",
        "seconds": "{seconds:.1f} s",
        "unready": "is still getting ready. Log: {log}",
        "already_running": "Already running at {url} (process {pid})",
        "port_taken": "Port {wanted} is taken, so this desk uses {port}.",
        "disk_low": "Careful: only {megabytes} MB are free on {path}. Free at least 1 GB.",
        "demo_refused": (
            "HOST={host} can be reached from other machines, and the demo passwords are public.\n"
            "Set DEMO=0 to start without demo data, or HOST=127.0.0.1 to stay on this machine."
        ),
        "bad_port": "PORT={port} is not a port. Give a number from 1 to 65535.",
        "failed": "{name} did not start. The last lines of its log {log}:",
        "failed_next": "Correct the cause, then run make run again.",
        "died": "{name} ended (code {code}). It starts again in {delay:.1f} s.",
        "back": "{name} runs again.",
        "emptying": "The demo ends. All of it is deleted, and the desk starts again, empty…",
        "stopping": "Stopping…",
        "stopped": "Stopped. The data stays in {data_dir}.",
        "cannot_reset": "The desk is running. Stop it with Ctrl-C first.",
        "not_ours": "{data_dir} is not a data directory of Yakusoku, so it is not deleted.",
        "nothing_to_reset": "There is no {data_dir}; nothing to reset.",
        "reset": "Deleted {data_dir}.",
        "title": "Yakusoku is running",
        "open": "Desk",
        "form": "Customers' form",
        "secret_link": "A customer's own page",
        "begin": "There is no administrator yet. Set up the desk by this link, and show it to nobody",
        "people": "Demo logins (the password of all is {password})",
        "agent": "agent",
        "lead": "team lead",
        "manager": "manager",
        "administrator": "administrator",
        "other_team": "agent of another team",
        "demo_end": "Ending the demo (administrator)",
        "mail": "Mail",
        "mail_demo": "is not sent → {url}",
        "mail_real": "leaves through the server of EMAIL_URL",
        "mail_files": "is not sent; it is kept in {path}",
        "data": "Data",
        "logs": "Logs",
        "hint": "Ctrl-C stops · make reset starts over",
    },
}


def words(key: str, /, **values: object) -> str:
    """A sentence in the language of LANGUAGE_CODE."""
    language = "en" if os.environ.get("LANGUAGE_CODE", "ja").startswith("en") else "ja"
    return WORDS[language][key].format(**values)


def padded(text: str, width: int) -> str:
    """The text with spaces up to a width in terminal columns; Japanese characters take two."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
