"""The block that greets the person who started the desk."""

from helpdesk.supervisor.plan import Plan
from helpdesk.supervisor.words import columns, padded, words

DEMO_PASSWORD = "yakusoku-demo"  # noqa: S105 - public, and refused on any host but loopback
DEMO_PEOPLE = (
    ("aiko@example.com", "agent"),
    ("ben@example.com", "lead"),
    ("chika@example.com", "manager"),
    ("admin@example.com", "administrator"),
    ("mallory@example.com", "other_team"),
)


def announcement(plan: Plan, *, secret_link: str) -> str:
    """Where to look, who to be, where mail and data go, how to stop. The secret link is that of a
    customer of the demo, or else where the first administrator begins."""
    url = plan.base_url.rstrip("/")
    rows = [
        (words("open"), f"{url}/desk/"),
        (words("form"), f"{url}/contact/"),
        *([(words("secret_link"), secret_link)] if secret_link and plan.demo else []),
        (words("mail"), _mail(plan, url)),
        *([(words("demo_end"), f"{url}/dev/demo/")] if plan.can_start_empty else []),
        (words("data"), str(plan.data_dir)),
        (words("logs"), str(plan.logs)),
    ]
    begin = [words("begin"), f"  {secret_link}"] if secret_link and not plan.demo else []
    parts = [[words("title")], _table(rows), begin, _people() if plan.demo else [], [words("hint")]]
    return "\n" + "\n\n".join("\n".join(f"  {line}" for line in part) for part in parts if part)


def _mail(plan: Plan, url: str) -> str:
    if plan.environment.get("EMAIL_URL") or plan.environment.get("ANYMAIL_BACKEND"):
        return words("mail_real")
    if plan.demo:
        return words("mail_demo", url=f"{url}/dev/mail/")
    return words("mail_files", path=plan.data_dir / "mail")


def _people() -> list[str]:
    rows = [(address, words(role)) for address, role in DEMO_PEOPLE]
    return [words("people", password=DEMO_PASSWORD), *(f"  {line}" for line in _table(rows))]


def _table(rows: list[tuple[str, str]]) -> list[str]:
    width = max(columns(name) for name, _ in rows) + 2
    return [padded(name, width) + text for name, text in rows]
